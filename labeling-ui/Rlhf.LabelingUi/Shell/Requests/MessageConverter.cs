using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Content;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>
/// A message as chat APIs write it: <c>{role, content}</c>, where the content is a text or a list of parts <c>{type, text}</c>.
/// <c>parts</c> is read as another name of <c>content</c>.
/// </summary>
internal sealed class MessageConverter : JsonConverter<Message>
{
    private const int MaxRole = 64;

    public override Message Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        var message = json.RootElement;
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role)
            || role.ValueKind != JsonValueKind.String || role.GetString() is not { Length: > 0 and <= MaxRole } name)
            throw new JsonException("a message must be {\"role\": \"user\", \"content\": \"a text\"}");
        if (!message.TryGetProperty("content", out var content) && !message.TryGetProperty("parts", out content))
            throw new JsonException($"the message of '{name}' has no 'content'");
        return content.ValueKind switch
        {
            JsonValueKind.String => Message.FromText(name, content.GetString()!),
            JsonValueKind.Array => new Message(name, [.. content.EnumerateArray().Select(ReadPart)]),
            _ => throw new JsonException($"the content of the message of '{name}' must be a text or a list of parts"),
        };
    }

    public override void Write(Utf8JsonWriter writer, Message value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("role", value.Role);
        if (value.Parts is [{ Type: PartType.Text, Text: { } text }])
        {
            writer.WriteString("content", text);
        }
        else
        {
            writer.WriteStartArray("content");
            foreach (var part in value.Parts)
                WritePart(writer, part);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static Part ReadPart(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type) && type.ValueEquals("text")
            && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? new Part(PartType.Text, text.GetString())
            : throw new JsonException("a part of a message must be {\"type\": \"text\", \"text\": \"a text\"}");

    private static void WritePart(Utf8JsonWriter writer, Part part)
    {
        writer.WriteStartObject();
        writer.WriteString("type", JsonNamingPolicy.CamelCase.ConvertName(part.Type.ToString()));
        if (part.Text is { } text)
            writer.WriteString("text", text);
        if (part.Blob is { } blob)
            writer.WriteString("blob", blob);
        writer.WriteEndObject();
    }
}
