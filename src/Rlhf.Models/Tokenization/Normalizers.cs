using System.Globalization;
using System.Text;
using Rlhf.Core;
using Rlhf.Core.Text;

namespace Rlhf.Models.Tokenization;

/// <summary>Reads the normalizer of a tokenizer.json, which changes a text before it is split.</summary>
internal static class Normalizers
{
    private const int DeepestNesting = 32;

    public static Func<string, string> Read(JsonPlace? place, int depth = 0)
    {
        if (place is not { } normalizer)
            return text => text;
        if (depth > DeepestNesting)
            throw new UserError($"{normalizer.Path} is nested too deeply");
        string type = normalizer.Text("type");
        switch (type)
        {
            case "Sequence":
                var steps = normalizer.Require("normalizers").Items().Select(step => Read(step, depth + 1)).ToArray();
                return text => steps.Aggregate(text, (current, step) =>
                {
                    string next = step(current);
                    TextGrowth.Check(current.Length, next.Length, normalizer.Path);
                    return next;
                });
            case "NFC":
                return text => UnicodeNormalization.Compose(text, compatibility: false);
            case "NFD":
                return text => UnicodeNormalization.Decompose(text, compatibility: false);
            case "NFKC":
                return text => UnicodeNormalization.Compose(text, compatibility: true);
            case "NFKD":
                return text => UnicodeNormalization.Decompose(text, compatibility: true);
            case "Lowercase":
                return Lowercase;
            case "StripAccents":
                return StripAccents;
            case "Strip":
                bool left = normalizer.Flag("strip_left", true), right = normalizer.Flag("strip_right", true);
                return text => (left, right) switch
                {
                    (true, true) => text.Trim(),
                    (true, false) => text.TrimStart(),
                    (false, true) => text.TrimEnd(),
                    _ => text,
                };
            case "Prepend":
                string prefix = normalizer.Text("prepend");
                return text => text.Length == 0 ? text : prefix + text;
            case "Replace":
                string content = EscapedText.FromString(normalizer.Text("content"));
                JsonPlace pattern = normalizer.Require("pattern");
                if (pattern.Find("String")?.AsText() is { Length: > 0 } plain)
                    return text => TextGrowth.Replace(text, plain, content, normalizer.Path);
                SplitPattern found = SplitPattern.Read(pattern);
                return text => found.Replace(text, content, normalizer.Path);
            case "ByteLevel":
                return text => ByteAlphabet.Map(text);
            default:
                throw new UserError($"{normalizer.Path}: normalizers of type {JsonPlace.DisplayText(type)} are not supported; "
                    + "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace and ByteLevel are");
        }
    }

    private static string Lowercase(string text)
    {
        string lower = text.ToLowerInvariant();
        // The only character whose lower case is two characters in every language (SpecialCasing.txt).
        return lower.Replace("\u0130", "i\u0307", StringComparison.Ordinal);
    }

    private static string StripAccents(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int length = EscapedText.CharacterLength(text, i);
            if (CharUnicodeInfo.GetUnicodeCategory(text, i) != UnicodeCategory.NonSpacingMark)
                kept.Append(text, i, length);
            i += length;
        }
        return kept.ToString();
    }
}
