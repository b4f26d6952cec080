namespace Rlhf.Core.Options;

/// <summary>
/// An option that names a file or a folder. A relative path is one from the folder in which the command is given; it is made absolute
/// there, because the hub that reads it may run in another folder, or be started again in one.
/// </summary>
/// <param name="words">What may stand there instead of a path, such as "grammar".</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FilePathAttribute(params string[] words) : Attribute
{
    public IReadOnlyList<string> Words { get; } = words;

    /// <summary>The value with its path absolute; a word, or nothing, as it is.</summary>
    public string Resolve(string value) =>
        value.Length == 0 || value.Contains('\0') || Words.Contains(value) ? value : Path.GetFullPath(value);
}
