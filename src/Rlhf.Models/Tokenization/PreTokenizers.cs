using System.Globalization;
using System.Text;
using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>A part of a text during pre-tokenization.</summary>
/// <param name="Text">The part, after the steps so far.</param>
/// <param name="AtStart">Whether the part is at the start of the whole text.</param>
internal readonly record struct Piece(string Text, bool AtStart);

/// <summary>Reads the pre-tokenizer of a tokenizer.json, which splits a text into parts. Merges do not cross parts.</summary>
internal static class PreTokenizers
{
    private const int DeepestNesting = 32;

    public static Func<List<Piece>, List<Piece>> Read(JsonPlace? place, int depth = 0)
    {
        if (place is not { } step)
            return pieces => pieces;
        if (depth > DeepestNesting)
            throw new UserError($"{step.Path} is nested too deeply");
        string type = step.Text("type");
        switch (type)
        {
            case "Sequence":
                var steps = step.Require("pretokenizers").Items().Select(inner => Read(inner, depth + 1)).ToArray();
                return pieces => steps.Aggregate(pieces, (current, inner) =>
                {
                    var next = inner(current);
                    TextGrowth.Check(Length(current), Length(next), step.Path);
                    return next;
                });
            case "ByteLevel":
                return ByteLevel(step.Flag("add_prefix_space", true), step.Flag("use_regex", true));
            case "Split":
                SplitPattern pattern = SplitPattern.Read(step.Require("pattern"));
                return Split(pattern.Parts, ReadBehavior(step.Require("behavior")), step.Flag("invert"));
            case "Digits":
                return Split(
                    text => Runs(text, IsNumeric),
                    step.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
            case "Punctuation":
                return Split(
                    text => Runs(text, IsPunctuation),
                    step.Find("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated);
            case "Whitespace":
                return Split(SplitPattern.FromRegex(@"\w+|[^\w\s]+", step.Path).Parts, SplitBehavior.Removed, invert: true);
            case "WhitespaceSplit":
                return Split(text => Runs(text, Rune.IsWhiteSpace), SplitBehavior.Removed);
            case "CharDelimiterSplit":
                return Split(SplitPattern.Literal(step.Text("delimiter")).Parts, SplitBehavior.Removed);
            case "Metaspace":
                return Metaspace(step);
            default:
                throw new UserError($"{step.Path}: pre-tokenizers of type {JsonPlace.DisplayText(type)} are not supported; Sequence, "
                    + "ByteLevel, Split, "
                    + "Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit and Metaspace are");
        }
    }

    /// <summary>GPT-2's pre-tokenizer: splits by its pattern, then maps each byte to a printable character.</summary>
    public static Func<List<Piece>, List<Piece>> ByteLevel(bool addPrefixSpace, bool useRegex)
    {
        SplitPattern? pattern = useRegex ? SplitPattern.FromRegex(SplitPattern.Gpt2, "ByteLevel") : null;
        return pieces =>
        {
            var result = new List<Piece>(pieces.Count);
            foreach (Piece piece in pieces)
            {
                string text = addPrefixSpace && !piece.Text.StartsWith(' ') ? " " + piece.Text : piece.Text;
                if (pattern is null)
                {
                    result.Add(piece with { Text = ByteAlphabet.Map(text) });
                    continue;
                }
                foreach (var (start, end, _) in pattern.Parts(text))
                    result.Add(new Piece(ByteAlphabet.Map(text.AsSpan(start, end - start)), piece.AtStart && start == 0));
            }
            return result;
        };
    }

    private static Func<List<Piece>, List<Piece>> Split(
        Func<string, List<(int Start, int End, bool IsMatch)>> find, SplitBehavior behavior, bool invert = false) => pieces =>
    {
        var result = new List<Piece>(pieces.Count);
        foreach (Piece piece in pieces)
        {
            var parts = find(piece.Text);
            if (invert)
                parts = parts.ConvertAll(p => (p.Start, p.End, !p.IsMatch));
            foreach (var (start, end) in SplitBehaviors.Apply(parts, behavior))
                result.Add(new Piece(piece.Text[start..end], piece.AtStart && start == 0));
        }
        return result;
    };

    private static Func<List<Piece>, List<Piece>> Metaspace(JsonPlace step)
    {
        string replacement = step.Text("replacement", "▁");
        if (replacement.Length == 0)
            throw new UserError($"{step.Path}.replacement is empty; it should be one character");
        string scheme = step.Text("prepend_scheme", step.Flag("add_prefix_space", true) ? "always" : "never");
        SplitPattern delimiter = SplitPattern.Literal(replacement);
        var split = Split(delimiter.Parts, SplitBehavior.MergedWithNext);
        bool splits = step.Flag("split", true);
        return pieces =>
        {
            var marked = pieces.ConvertAll(piece =>
            {
                string text = TextGrowth.Replace(piece.Text, " ", replacement, step.Path);
                bool prepend = scheme == "always" || (scheme == "first" && piece.AtStart);
                return piece with { Text = prepend && !text.StartsWith(replacement, StringComparison.Ordinal) ? replacement + text : text };
            });
            return splits ? split(marked) : marked;
        };
    }

    private static long Length(List<Piece> pieces) => pieces.Sum(piece => (long)piece.Text.Length);

    private static SplitBehavior ReadBehavior(JsonPlace place) => place.AsText() switch
    {
        "Isolated" => SplitBehavior.Isolated,
        "Removed" => SplitBehavior.Removed,
        "Contiguous" => SplitBehavior.Contiguous,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        _ => throw place.Wrong("Isolated, Removed, Contiguous, MergedWithPrevious or MergedWithNext"),
    };

    /// <summary>Splits the text into single characters of a class (matches) and runs of other characters.</summary>
    private static List<(int Start, int End, bool IsMatch)> Runs(string text, Func<Rune, bool> isMatch)
    {
        var parts = new List<(int Start, int End, bool IsMatch)>();
        int last = 0, at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int next = at + EscapedText.CharacterLength(text, at);
            if (isMatch(rune))
            {
                if (at > last)
                    parts.Add((last, at, false));
                parts.Add((at, next, true));
                last = next;
            }
            at = next;
        }
        if (text.Length > last)
            parts.Add((last, text.Length, false));
        return parts;
    }

    private static bool IsNumeric(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsPunctuation(Rune rune) => Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.IsSymbol(rune));
}
