using System.Text;
using Rlhf.Models.Tokenization;

namespace Rlhf.Models.Generation;

/// <summary>Whether a completion's text has reached one of several strings.</summary>
internal sealed class StopStrings(IReadOnlyList<string> strings, Tokenizer tokenizer)
{
    // A token stands for at least one byte, but special ones for none, and the first of a text may lose its space.
    private const int Spare = 16;

    private readonly int _window = strings.Max(Encoding.UTF8.GetByteCount) + Spare;

    /// <summary>Whether the last token completed one: only the end of the text is decoded, as the rest was looked at before.</summary>
    public bool Reached(IReadOnlyList<int> ids)
    {
        string text = tokenizer.Decode(ids.Skip(ids.Count - _window), skipSpecialTokens: true);
        return strings.Any(s => text.Contains(s, StringComparison.Ordinal));
    }
}
