using System.Text;
using Rlhf.Models.Tokenization;

namespace Rlhf.Models.Generation;

/// <summary>
/// Detects stop strings in the decoded text of a completion, both without and with its special tokens.
/// </summary>
internal sealed class StopStrings(IReadOnlyList<string> strings, Tokenizer tokenizer)
{
    // Each decoded token has at least one byte, except that the first one may lose its leading space.
    private const int Spare = 16;

    private readonly int _window = strings.Max(Encoding.UTF8.GetByteCount) + Spare;

    /// <summary>Whether the last token completed a stop string. Only the end of the text is decoded; the rest was checked before.</summary>
    public bool Reached(IReadOnlyList<int> ids)
    {
        int start = ids.Count;
        for (int shown = 0; start > 0 && shown < _window; start--)
            shown += tokenizer.IsSpecial(ids[start - 1]) ? 0 : 1;
        int[] end = [.. ids.Skip(start)];
        return Holds(end, skipSpecialTokens: true) || (Array.Exists(end, tokenizer.IsSpecial) && Holds(end, skipSpecialTokens: false));
    }

    private bool Holds(int[] ids, bool skipSpecialTokens)
    {
        string text = tokenizer.Decode(ids, skipSpecialTokens);
        return strings.Any(s => text.Contains(s, StringComparison.Ordinal));
    }
}
