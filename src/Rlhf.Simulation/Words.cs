using System.Text.RegularExpressions;

namespace Rlhf.Simulation;

/// <summary>Texts as sentences of words.</summary>
internal static partial class Words
{
    /// <summary>
    /// Words, commas and colons with their case kept; a sentence ends at . ! or ?, which is its last token where there is one.
    /// </summary>
    public static IReadOnlyList<string[]> Sentences(string text)
    {
        var sentences = new List<string[]>();
        var tokens = new List<string>();
        foreach (Match match in Token().Matches(text))
        {
            tokens.Add(match.Value);
            if (match.Value is "." or "!" or "?")
            {
                sentences.Add([.. tokens]);
                tokens.Clear();
            }
        }
        if (tokens.Count > 0)
            sentences.Add([.. tokens]);
        return sentences;
    }

    public static bool IsWord(string token) => char.IsLetterOrDigit(token[0]);

    public static bool IsEnd(string token) => token is "." or "!" or "?";

    /// <summary>The share of trigrams that stood in the text before: 0 without repetition, near 1 for one phrase over and over.</summary>
    public static double RepeatedTrigrams(IReadOnlyList<string> words)
    {
        var seen = new HashSet<(string, string, string)>();
        for (int i = 0; i + 3 <= words.Count; i++)
            seen.Add((words[i], words[i + 1], words[i + 2]));
        return words.Count < 3 ? 0 : 1 - (double)seen.Count / (words.Count - 2);
    }

    // Anything else that is not white space counts as a token of its own: it will not be known.
    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*|[^\s""]")]
    private static partial Regex Token();
}
