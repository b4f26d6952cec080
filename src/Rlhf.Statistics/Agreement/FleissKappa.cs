namespace Rlhf.Statistics.Agreement;

/// <summary>
/// Fleiss' κ for any number of annotators, the same number of answers for each subject (Fleiss 1971), and Randolph's form, in which
/// chance is 1/q whatever the answers were (Randolph 2005).
/// </summary>
/// <param name="Kappa">Null if it is undefined, for the reason in <see cref="WhyUndefined"/>.</param>
/// <param name="Randolph">Randolph's κ, which is also defined if all answers are equal.</param>
/// <param name="Observed">The mean share of agreeing pairs of answers.</param>
/// <param name="Expected">Σ p_k².</param>
/// <param name="StandardErrorOfNull">The standard error for the test of κ = 0 (Fleiss, Nee and Landis 1979).</param>
/// <param name="ByCategory">κ of each category against all others; null for a category in no or in all answers.</param>
public sealed record FleissKappa(double? Kappa, double? Randolph, double? Observed, double? Expected, double? StandardErrorOfNull,
    IReadOnlyList<double?> ByCategory, string? WhyUndefined)
{
    /// <param name="counts">For each subject, how many annotators chose each category.</param>
    public static FleissKappa Compute(IReadOnlyList<IReadOnlyList<int>> counts)
    {
        if (counts.Count == 0)
            return Undefined("there is no subject");
        int raters = counts[0].Sum(), q = counts[0].Count;
        if (counts.Any(row => row.Count != q))
            throw new ArgumentException("every subject needs a count for each category", nameof(counts));
        if (counts.Any(row => row.Sum() != raters))
            return Undefined(
                "subjects have different numbers of answers: use Krippendorff's alpha or the generalized form in Gwet's family");
        if (raters < 2)
            return Undefined("there is no pair of answers");
        double n = counts.Count, pairs = (double)raters * (raters - 1);
        double observed = counts.Sum(row => row.Sum(c => (double)c * (c - 1))) / (n * pairs);
        double[] shares = [.. Enumerable.Range(0, q).Select(k => counts.Sum(row => (double)row[k]) / (n * raters))];
        double expected = shares.Sum(p => p * p), spread = shares.Sum(p => p * (1 - p));
        double? randolph = q < 2 ? null : (observed - 1.0 / q) / (1 - 1.0 / q);
        if (shares.Any(p => p == 1))
            return new(null, randolph, observed, expected, null, [.. shares.Select(_ => (double?)null)], "all answers are equal");
        double third = shares.Sum(p => p * (1 - p) * (1 - 2 * p));
        return new((observed - expected) / spread, randolph, observed, expected,
            Math.Sqrt(2 / (n * pairs) * (spread * spread - third)) / spread,
            [.. shares.Select((p, k) => p is > 0 and < 1
                ? 1 - counts.Sum(row => (double)row[k] * (raters - row[k])) / (n * pairs * p * (1 - p))
                : (double?)null)],
            null);
    }

    private static FleissKappa Undefined(string why) => new(null, null, null, null, null, [], why);
}
