using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Content;
using Rlhf.Storage.Json;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>A prompt: a text (one message of the user), or a list of messages <c>{role, content}</c>.</summary>
[JsonConverter(typeof(Converter))]
public sealed record ConversationBody(IReadOnlyList<Message> Messages)
{
    /// <summary>Null where there is no conversation.</summary>
    public static ConversationBody? From(IReadOnlyList<Message>? messages) => messages is null ? null : new ConversationBody(messages);

    private sealed class Converter : JsonConverter<ConversationBody>
    {
        public override ConversationBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
                return new ConversationBody([Message.FromText(Message.User, reader.GetString()!)]);
            if (reader.TokenType != JsonTokenType.StartArray)
                throw new JsonException("must be a text or a list of messages");
            try
            {
                var messages = JsonSerializer.Deserialize<IReadOnlyList<Message>>(ref reader, options)!;
                return messages.Count > 0 ? new ConversationBody(messages) : throw new JsonException("the list of messages is empty");
            }
            catch (JsonException exception) when (exception.Path is not null)
            {
                // Its path begins at this value; without one, the serializer gives the path of this value in the document.
                throw new JsonException(exception.Message);
            }
        }

        public override void Write(Utf8JsonWriter writer, ConversationBody value, JsonSerializerOptions options)
        {
            if (value.Messages is [{ Role: Message.User }] && ContentJson.PlainText(value.Messages) is { } text)
                writer.WriteStringValue(text);
            else
                JsonSerializer.Serialize(writer, value.Messages, options);
        }
    }
}
