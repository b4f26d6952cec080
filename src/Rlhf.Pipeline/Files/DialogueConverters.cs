using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Content;

namespace Rlhf.Pipeline.Files;

/// <summary>
/// Reads a prompt that is a text or a conversation of {role, content}; a conversation becomes the text that a reply continues.
/// </summary>
public sealed class PromptTextConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DialogueJson.Read(ref reader, options, DialogueText.Prompt);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

/// <summary>Reads completions, each a text or messages that continue the conversation of the prompt.</summary>
public sealed class CompletionTextsConverter : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("must be a list");
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(DialogueJson.Read(ref reader, options, DialogueText.Reply));
        return texts;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (string text in value)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}

internal static class DialogueJson
{
    public static string Read(ref Utf8JsonReader reader, JsonSerializerOptions options, Func<IReadOnlyList<Message>, string> render) =>
        reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.StartArray => render([.. (JsonSerializer.Deserialize<ChatMessage[]>(ref reader, options) ?? [])
                .Select(message => Message.FromText(message.Role, message.Content))]),
            _ => throw new JsonException("expected a text or a list of {role, content}"),
        };

    /// <summary>A message of chat APIs and of TRL's conversational data sets.</summary>
    private sealed record ChatMessage(string Role, string Content);
}
