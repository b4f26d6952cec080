using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// A tokenizer file may make a text longer at every step, and twenty steps that double it make a million times as much: no text grows
/// beyond a length that no text of a training reaches.
/// </summary>
internal static class TextGrowth
{
    /// <summary>In UTF-16 units; 32 MB.</summary>
    public const long MaxLength = 1L << 24;

    /// <summary>What a step may add to a text of any length: a blank at its beginning, for example.</summary>
    private const int Slack = 1 << 12;

    /// <exception cref="UserError">A step makes a text that is longer than it was, and too long.</exception>
    public static void Check(long before, long after, string step)
    {
        if (after > MaxLength && after > before + Slack)
            throw new UserError($"{step} makes {after} characters of a text of {before}; at most {MaxLength} are taken");
    }

    /// <summary>Replaces every occurrence; how long the result will be is known before it is made.</summary>
    public static string Replace(string text, string plain, string content, string step)
    {
        if (content.Length > plain.Length)
            Check(text.Length, text.Length + (long)text.AsSpan().Count(plain) * (content.Length - plain.Length), step);
        return text.Replace(plain, content, StringComparison.Ordinal);
    }
}
