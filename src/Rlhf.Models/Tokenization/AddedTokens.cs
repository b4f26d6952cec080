using System.Buffers;
using System.Globalization;
using System.Text;

namespace Rlhf.Models.Tokenization;

/// <summary>A token that is matched in the text before any merges.</summary>
/// <param name="Content">The text of the token.</param>
/// <param name="Id">Token id.</param>
/// <param name="SingleWord">Matches only if there is no word character next to it.</param>
/// <param name="Lstrip">The match includes white space before it.</param>
/// <param name="Rstrip">The match includes white space after it.</param>
/// <param name="Normalized">Matched in the normalized text.</param>
/// <param name="Special">A special token, which decoding may skip.</param>
internal sealed record AddedToken(
    string Content, int Id, bool SingleWord = false, bool Lstrip = false, bool Rstrip = false, bool Normalized = false,
    bool Special = true);

/// <summary>Finds added tokens from left to right, the longest at each position, like Hugging Face's AddedVocabulary.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<char, (string Content, AddedToken Token)[]> _byFirst;
    private readonly SearchValues<char> _firsts;

    public AddedTokenMatcher(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        _byFirst = tokens.Where(t => t.Content.Length > 0).GroupBy(t => t.Content[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Content.Length).ToArray());
        _firsts = SearchValues.Create([.. _byFirst.Keys]);
    }

    /// <summary>Splits the text into consecutive parts, each either an added token or text between them (token null).</summary>
    public IEnumerable<(string Text, int Start, AddedToken? Token)> Split(string text)
    {
        int done = 0, at = 0;
        while (at < text.Length)
        {
            int found = text.AsSpan(at).IndexOfAny(_firsts);
            if (found < 0)
                break;
            at += found;
            (string Content, AddedToken Token) match =
                Array.Find(_byFirst[text[at]], t => string.CompareOrdinal(text, at, t.Content, 0, t.Content.Length) == 0);
            if (match.Token is not { } token)
            {
                at++;
                continue;
            }
            int start = at, end = at + match.Content.Length;
            at = end;
            if (token.SingleWord && (EndsWithWord(text, start) || StartsWithWord(text, end)))
                continue;
            if (token.Lstrip)
            {
                while (start > done && char.IsWhiteSpace(text[start - 1]))
                    start--;
            }
            if (token.Rstrip)
            {
                while (end < text.Length && char.IsWhiteSpace(text[end]))
                    end++;
            }
            if (start > done)
                yield return (text[done..start], done, null);
            yield return (text[start..end], start, token);
            done = end;
            at = Math.Max(at, done);
        }
        if (done < text.Length)
            yield return (text[done..], done, null);
    }

    private static bool EndsWithWord(string text, int end) =>
        end > 0 && Rune.DecodeLastFromUtf16(text.AsSpan(0, end), out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(string text, int start) =>
        start < text.Length && Rune.DecodeFromUtf16(text.AsSpan(start), out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    // \w of Unicode Technical Standard 18, annex C (circled letters are alphabetic, though symbols by category).
    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => rune.Value is >= 0x24B6 and <= 0x24E9
            or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189,
        _ => rune.Value is 0x200C or 0x200D,
    };
}
