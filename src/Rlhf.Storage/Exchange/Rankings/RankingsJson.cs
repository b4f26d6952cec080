using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Content;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>
/// How the format of this program writes values: camelCase, what is absent left out, a message as {role, content}, or as {role, parts}
/// where it is more than one text.
/// </summary>
internal static class RankingsJson
{
    public static JsonSerializerOptions Settings { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
        Converters = { new MessageConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private sealed class MessageConverter : JsonConverter<Message>
    {
        public override Message Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var value = JsonSerializer.Deserialize<Written>(ref reader, options)!;
            return value.Content is { } text
                ? Message.FromText(value.Role, text)
                : new Message(value.Role, value.Parts ?? throw new JsonException($"the message of '{value.Role}' has no content"));
        }

        public override void Write(Utf8JsonWriter writer, Message value, JsonSerializerOptions options) => JsonSerializer.Serialize(
            writer, value.Parts is [{ Type: PartType.Text, Text: { } text, Blob: null }]
                ? new Written(value.Role, text, null) : new Written(value.Role, null, value.Parts), options);

        private sealed record Written(string Role, string? Content = null, IReadOnlyList<Part>? Parts = null);
    }
}
