namespace Rlhf.Core.Content;

/// <summary>What a part of a message holds.</summary>
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

    /// <summary>The shorthand for a message of one text.</summary>
    public static Message FromText(string role, string text) => new(role, [new Part(PartType.Text, text)]);

    /// <summary>The texts of its parts; a blob stands by its hash.</summary>
    public string AllText() => string.Concat(Parts.Select(part => part.Text ?? part.Blob));
}
