using MathNet.Numerics.Statistics;

namespace Rlhf.Statistics.Agreement;

/// <summary>Kendall's τ-b and its counts of pairs; null if one sequence is constant.</summary>
public sealed record KendallTau(double? TauB, long Concordant, long Discordant, long TiedX, long TiedY);

/// <summary>Correlations of two sequences of the same length; null if one is constant or there are fewer than two items.</summary>
public static class RankCorrelation
{
    /// <summary>τ-b = (P − Q)/√((n₀ − ties in x)(n₀ − ties in y)), n₀ = n(n − 1)/2 (Kendall 1945). Takes O(n²).</summary>
    public static KendallTau Kendall(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        RequireSameLength(x, y);
        long concordant = 0, discordant = 0, tiedX = 0, tiedY = 0;
        for (int i = 0; i < x.Count; i++)
        {
            for (int j = i + 1; j < x.Count; j++)
            {
                int a = x[i].CompareTo(x[j]), b = y[i].CompareTo(y[j]);
                tiedX += a == 0 ? 1 : 0;
                tiedY += b == 0 ? 1 : 0;
                concordant += a * b > 0 ? 1 : 0;
                discordant += a * b < 0 ? 1 : 0;
            }
        }
        double pairs = x.Count * (x.Count - 1.0) / 2, scale = Math.Sqrt((pairs - tiedX) * (pairs - tiedY));
        return new(scale == 0 ? null : (concordant - discordant) / scale, concordant, discordant, tiedX, tiedY);
    }

    /// <summary>Spearman's ρ: Pearson's r of the ranks, with mean ranks for equal values.</summary>
    public static double? Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y) => Pearson(Ranks(x), Ranks(y));

    public static double? Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        RequireSameLength(x, y);
        return x.Count < 2 || x.All(value => value == x[0]) || y.All(value => value == y[0]) ? null : Correlation.Pearson(x, y);
    }

    /// <summary>Ranks from 1 for the smallest; equal values get the mean of their ranks.</summary>
    public static double[] Ranks(IReadOnlyList<double> values) => ArrayStatistics.RanksInplace([.. values], RankDefinition.Average);

    private static void RequireSameLength(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count)
            throw new ArgumentException($"{x.Count} values and {y.Count} values", nameof(y));
    }
}
