using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;

namespace Rlhf.Storage.Import;

/// <summary>
/// Conversations in files: [{"role", "content"}] as in chat APIs and TRL, or {"role", "parts"} as dataset versions write them.
/// </summary>
internal static class Conversation
{
    private const int MaxRole = 64;

    /// <summary>A plain text as one message of <paramref name="role"/>, anything else as a conversation.</summary>
    public static IReadOnlyList<Message> ReadOrText(JsonElement value, string name, string role) => value.ValueKind switch
    {
        JsonValueKind.String => [Message.FromText(role, value.GetString()!)],
        JsonValueKind.Array => Read(value),
        _ => throw new UserError($"'{name}' must be texts or lists of messages"),
    };

    /// <exception cref="UserError">Not a list of messages, or a part that is not text.</exception>
    public static IReadOnlyList<Message> Read(JsonElement list) => [.. list.EnumerateArray().Select(ReadMessage)];

    private static Message ReadMessage(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role)
            || role.ValueKind != JsonValueKind.String
            || role.GetString() is not { Length: > 0 and <= MaxRole } name)
            throw new UserError("a message must be {\"role\", \"content\"}");
        if (message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String)
            return Message.FromText(name, content.GetString()!);
        if (content.ValueKind == JsonValueKind.Array
            || (message.TryGetProperty("parts", out content) && content.ValueKind == JsonValueKind.Array))
            return new Message(name, [.. content.EnumerateArray().Select(ReadPart)]);
        throw new UserError($"the message of '{name}' has no 'content' that is a text or a list of parts");
    }

    private static Part ReadPart(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type) && type.ValueEquals("text")
        && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? new Part(PartType.Text, text.GetString())
            : throw new UserError("a part of a message is not text; only {\"type\": \"text\", \"text\"} can be imported");
}
