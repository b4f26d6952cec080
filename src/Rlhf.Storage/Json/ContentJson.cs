using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Content;

namespace Rlhf.Storage.Json;

/// <summary>How messages and answers are written in the database: compact, camelCase, what is absent left out.</summary>
public static class ContentJson
{
    public static JsonSerializerOptions Settings { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Settings);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Settings) ?? throw new JsonException("null where a value must be");

    /// <summary>The text of content that is one message with one text, else null.</summary>
    public static string? PlainText(IReadOnlyList<Message> content) =>
        content is [{ Parts: [{ Type: PartType.Text, Text: { } text }] }] ? text : null;

    /// <summary>All texts of some content, a line break between messages: what the held-out split looks at.</summary>
    public static string AllText(IReadOnlyList<Message>? content) =>
        string.Join('\n', (content ?? []).Select(message => message.AllText()));
}
