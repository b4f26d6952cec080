using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Agreement;

/// <summary>Kendall's W: the agreement of several rankings of the same items, from 0 to 1 (Kendall and Babington Smith 1939).</summary>
/// <param name="W">12 S/(m²(n³ − n) − m Σ(t³ − t)), corrected for ties; null if all items are tied.</param>
/// <param name="Uncorrected">The same without the correction for ties.</param>
/// <param name="MeanRanks">Mean rank of each item over the judges.</param>
/// <param name="ChiSquare">m(n − 1)W.</param>
/// <param name="DegreesOfFreedom">n − 1.</param>
/// <param name="PValue">P-value of no concordance, by the χ² approximation.</param>
public sealed record KendallConcordance(double? W, double? Uncorrected, IReadOnlyList<double> MeanRanks, double? ChiSquare,
    int DegreesOfFreedom, double? PValue)
{
    /// <param name="judges">For each judge, a value or rank of each item.</param>
    public static KendallConcordance Compute(IReadOnlyList<IReadOnlyList<double>> judges)
    {
        int m = judges.Count, n = m == 0 ? 0 : judges[0].Count;
        if (judges.Any(judge => judge.Count != n))
            throw new ArgumentException("every judge must rank the same items", nameof(judges));
        double[][] ranks = [.. judges.Select(RankCorrelation.Ranks)];
        double[] sums = [.. Enumerable.Range(0, n).Select(item => ranks.Sum(judge => judge[item]))];
        double mean = m * (n + 1) / 2.0, squares = sums.Sum(sum => (sum - mean) * (sum - mean));
        double cubes = Math.Pow(n, 3) - n, all = (double)m * m * cubes;
        double ties = m * ranks.Sum(judge => judge.GroupBy(rank => rank).Sum(tied => Math.Pow(tied.Count(), 3) - tied.Count()));
        double? w = all - ties > 0 ? 12 * squares / (all - ties) : null, chiSquare = m * (n - 1) * w;
        return new(w, all > 0 ? 12 * squares / all : null, [.. sums.Select(sum => sum / m)], chiSquare, n - 1,
            chiSquare is { } x ? 1 - ChiSquared.CDF(n - 1, x) : null);
    }
}
