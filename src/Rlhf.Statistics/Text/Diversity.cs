using System.Text.RegularExpressions;

namespace Rlhf.Statistics.Text;

/// <summary>Measures of diversity of a set of texts, to detect mode collapse of a policy.</summary>
public static partial class Diversity
{
    /// <summary>
    /// Distinct-n (Li et al. 2016, "A Diversity-Promoting Objective Function", section 5): the number of distinct word
    /// n-grams of all texts divided by their total number. N-grams do not cross texts. Null if no text has n words.
    /// It decreases with the amount of text: compare equal numbers of texts of similar length.
    /// </summary>
    public static double? DistinctN(IEnumerable<string> texts, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        long total = 0;
        foreach (string text in texts)
        {
            string[] words = Words(text);
            for (int i = 0; i + n <= words.Length; i++, total++)
                seen.Add(string.Join(' ', words, i, n));
        }
        return total == 0 ? null : (double)seen.Count / total;
    }

    /// <summary>The share of distinct texts, after trimming white space; null without texts.</summary>
    public static double? DistinctShare(IReadOnlyCollection<string> texts) =>
        texts.Count == 0 ? null : (double)texts.Select(text => text.Trim()).Distinct(StringComparer.Ordinal).Count() / texts.Count;

    /// <summary>The words in lower case: runs of letters and digits, with apostrophes and hyphens inside.</summary>
    public static string[] Words(string text) => [.. Word().Matches(text.ToLowerInvariant()).Select(match => match.Value)];

    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")]
    private static partial Regex Word();
}
