using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// Limits the growth of texts by tokenizer steps. A step may lengthen a text, and twenty steps that double it would need a million times
/// the memory. The limit is far above the length of any training text.
/// </summary>
internal static class TextGrowth
{
    /// <summary>In UTF-16 units; 32 MB.</summary>
    public const long MaxLength = 1L << 24;

    /// <summary>The number of characters that a step may always add, for example a leading space.</summary>
    private const int Slack = 1 << 12;

    /// <exception cref="UserError">A step lengthens a text beyond the limit.</exception>
    public static void Check(long before, long after, string step)
    {
        if (after > MaxLength && after > before + Slack)
            throw new UserError($"{step} makes {after} characters from a text of {before}; the limit is {MaxLength}");
    }

    /// <summary>Replaces every occurrence. The length of the result is checked before it is created.</summary>
    public static string Replace(string text, string plain, string content, string step)
    {
        if (content.Length > plain.Length)
            Check(text.Length, text.Length + (long)text.AsSpan().Count(plain) * (content.Length - plain.Length), step);
        return text.Replace(plain, content, StringComparison.Ordinal);
    }
}
