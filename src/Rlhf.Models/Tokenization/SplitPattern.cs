using System.Text;
using System.Text.RegularExpressions;
using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// A pattern that splits a text. Patterns of tokenizer files are over code points, but .NET's regular expressions match UTF-16 units, so
/// that a letter above U+FFFF does not match \p{L}. Texts with such characters are therefore matched on a copy in which each character
/// is replaced by one unit of the same general category.
/// </summary>
internal sealed partial class SplitPattern
{
    /// <summary>GPT-2's pattern, which ByteLevel uses.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // A damaged or malicious pattern may backtrack exponentially; the known ones are linear.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(2);

    private readonly Regex _regex;
    private readonly bool _foldsCase;

    private SplitPattern(Regex regex, bool foldsCase) => (_regex, _foldsCase) = (regex, foldsCase);

    /// <summary>Reads <c>{"String": s}</c> or <c>{"Regex": r}</c>.</summary>
    public static SplitPattern Read(JsonPlace place) =>
        place.Find("String") is { } text ? Literal(text.AsText()) : FromRegex(place.Text("Regex"), place.Path);

    public static SplitPattern Literal(string text) =>
        new(new Regex(Regex.Escape(text), RegexOptions.CultureInvariant, MatchTimeout), foldsCase: false);

    public static SplitPattern FromRegex(string pattern, string where)
    {
        try
        {
            Regex regex = pattern switch
            {
                Gpt2 => Gpt2Regex(),
                Llama3 => Llama3Regex(),
                Qwen2 => Qwen2Regex(),
                _ => Create(pattern),
            };
            return new SplitPattern(regex, pattern.Contains("(?i", StringComparison.Ordinal));
        }
        catch (ArgumentException e)
        {
            throw new UserError($"{where} is not a valid pattern: {JsonPlace.DisplayText(e.Message)}", e);
        }
    }

    /// <summary>
    /// Uses the linear-time engine if the pattern allows it (no look-around, no back-references); the matches are the same.
    /// </summary>
    private static Regex Create(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchTimeout);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, MatchTimeout);
        }
    }

    /// <summary>
    /// Splits the whole text into consecutive parts, each a match or the text between two matches. Empty parts are left out.
    /// </summary>
    public List<(int Start, int End, bool IsMatch)> Parts(string text)
    {
        string subject = StandIn(text, out int[]? places);
        var parts = new List<(int Start, int End, bool IsMatch)>();
        int last = 0;
        try
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(subject))
            {
                int start = places?[match.Index] ?? match.Index;
                int end = places?[match.Index + match.Length] ?? match.Index + match.Length;
                if (start > last)
                    parts.Add((last, start, false));
                if (end > start)
                    parts.Add((start, end, true));
                last = end;
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new UserError($"the tokenizer's pattern {JsonPlace.DisplayText(_regex.ToString())} takes longer "
                + $"than {MatchTimeout.TotalSeconds} s on this text", e);
        }
        if (last < text.Length)
            parts.Add((last, text.Length, false));
        return parts;
    }

    /// <summary>
    /// Replaces every match by literal text (no group references). <paramref name="step"/> is the location for error messages.
    /// </summary>
    public string Replace(string text, string content, string step)
    {
        var parts = Parts(text);
        if (!parts.Exists(p => p.IsMatch))
            return text;
        TextGrowth.Check(text.Length, parts.Sum(p => p.IsMatch ? content.Length : (long)(p.End - p.Start)), step);
        var result = new StringBuilder(text.Length);
        foreach (var (start, end, isMatch) in parts)
            result.Append(isMatch ? content : text.AsSpan(start, end - start));
        return result.ToString();
    }

    private string StandIn(string text, out int[]? places)
    {
        places = null;
        bool hasSurrogates = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;
        // Case-insensitive matching: Unicode folds the long s to s, .NET does not. Both are lower-case letters, so no class changes.
        bool longS = _foldsCase && text.Contains('ſ');
        if (!hasSurrogates)
            return longS ? text.Replace('ſ', 's') : text;
        var subject = new StringBuilder(text.Length);
        var starts = new List<int>(text.Length + 1);
        foreach (Rune rune in text.EnumerateRunes())
        {
            int at = starts.Count == 0 ? 0 : starts[^1] + EscapedText.CharacterLength(text, starts[^1]);
            starts.Add(at);
            subject.Append(rune.IsBmp ? (longS && rune.Value == 'ſ' ? 's' : (char)rune.Value) : SameCategory(rune));
        }
        starts.Add(text.Length);
        places = [.. starts];
        return subject.ToString();
    }

    private static char SameCategory(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        System.Globalization.UnicodeCategory.UppercaseLetter => 'Ⱥ',
        System.Globalization.UnicodeCategory.LowercaseLetter => 'ꬰ',
        System.Globalization.UnicodeCategory.TitlecaseLetter => 'ᾈ',
        System.Globalization.UnicodeCategory.ModifierLetter => 'ꟸ',
        System.Globalization.UnicodeCategory.OtherLetter => 'ꀀ',
        System.Globalization.UnicodeCategory.NonSpacingMark => '\uA66F',
        System.Globalization.UnicodeCategory.SpacingCombiningMark => '\uA823',
        System.Globalization.UnicodeCategory.EnclosingMark => '\u20DD',
        System.Globalization.UnicodeCategory.DecimalDigitNumber => '꘠',
        System.Globalization.UnicodeCategory.LetterNumber => 'ꛦ',
        System.Globalization.UnicodeCategory.OtherNumber => '㆒',
        System.Globalization.UnicodeCategory.ConnectorPunctuation => '⁔',
        System.Globalization.UnicodeCategory.DashPunctuation => '⸗',
        System.Globalization.UnicodeCategory.OpenPunctuation => '⸢',
        System.Globalization.UnicodeCategory.ClosePunctuation => '⸣',
        System.Globalization.UnicodeCategory.InitialQuotePunctuation => '⸂',
        System.Globalization.UnicodeCategory.FinalQuotePunctuation => '⸃',
        System.Globalization.UnicodeCategory.OtherPunctuation => '⸀',
        System.Globalization.UnicodeCategory.MathSymbol => '⟀',
        System.Globalization.UnicodeCategory.CurrencySymbol => '꠸',
        System.Globalization.UnicodeCategory.ModifierSymbol => '꜀',
        System.Globalization.UnicodeCategory.OtherSymbol => '⠿',
        System.Globalization.UnicodeCategory.Format => '\u2064',
        System.Globalization.UnicodeCategory.PrivateUse => '\uF000',
        _ => '\uFFFE',
    };

    [GeneratedRegex(Gpt2, RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2Regex();

    [GeneratedRegex(Llama3, RegexOptions.CultureInvariant)]
    private static partial Regex Llama3Regex();

    [GeneratedRegex(Qwen2, RegexOptions.CultureInvariant)]
    private static partial Regex Qwen2Regex();
}
