using System.Text;
using Rlhf.Models.Tokenization;

namespace Rlhf.Models.Generation;

/// <summary>
/// Whether a completion's text has reached one of several strings, in the text as it is shown or with its special tokens written out.
/// </summary>
internal sealed class StopStrings(IReadOnlyList<string> strings, Tokenizer tokenizer)
{
    // A token that is shown stands for at least one byte; the first of a text may lose its space.
    private const int Spare = 16;

    private readonly int _window = strings.Max(Encoding.UTF8.GetByteCount) + Spare;

    /// <summary>Whether the last token completed one: only the end of the text is decoded, as the rest was looked at before.</summary>
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
