namespace Rlhf.Core.Content;

/// <summary>The content type of a part of a message.</summary>
public enum PartType
{
    Text,
    Image,
    Video,
    Trajectory,
}

/// <summary>One part of a message: a text, or a blob named by its SHA-256.</summary>
public sealed record Part(PartType Type, string? Text = null, string? Blob = null);

/// <summary>One message: a role ("user", "assistant", "system") and its content.</summary>
public sealed record Message(string Role, IReadOnlyList<Part> Parts)
{
    public const string User = "user";
    public const string Assistant = "assistant";

    /// <summary>A message with a single text part.</summary>
    public static Message FromText(string role, string text) => new(role, [new Part(PartType.Text, text)]);

    /// <summary>The texts of all parts, concatenated; a blob is represented by its hash.</summary>
    public string AllText() => string.Concat(Parts.Select(part => part.Text ?? part.Blob));
}
