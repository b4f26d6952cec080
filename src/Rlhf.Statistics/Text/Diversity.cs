using System.Text.RegularExpressions;

namespace Rlhf.Statistics.Text;

/// <summary>How much a set of texts varies: a policy that says one thing well is not a better policy.</summary>
public static partial class Diversity
{
    /// <summary>
    /// Distinct-n (Li et al. 2016, "A Diversity-Promoting Objective Function", section 5): different n-grams of words over all
    /// n-grams of all texts together. N-grams never cross from one text to the next. Null where no text has n words.
    /// It falls with the amount of text: compare equal numbers of texts of like length.
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

    /// <summary>The number of different texts (ends trimmed) over the number of texts; null without texts.</summary>
    public static double? ShareOfDifferent(IReadOnlyCollection<string> texts) =>
        texts.Count == 0 ? null : (double)texts.Select(text => text.Trim()).Distinct(StringComparer.Ordinal).Count() / texts.Count;

    /// <summary>The words in lower case: runs of letters and digits, with apostrophes and hyphens inside.</summary>
    public static string[] Words(string text) => [.. Word().Matches(text.ToLowerInvariant()).Select(match => match.Value)];

    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")]
    private static partial Regex Word();
}
