using Rlhf.Core.Randomness;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Agreement;

/// <summary>The level of measurement, which defines the difference of two values.</summary>
public enum MeasurementLevel
{
    /// <summary>Equal or not.</summary>
    Nominal,

    /// <summary>(the number of values between the two, with each end counted half)².</summary>
    Ordinal,

    /// <summary>(c − k)².</summary>
    Interval,

    /// <summary>((c − k)/(c + k))², 0 for two zeros.</summary>
    Ratio,
}

/// <summary>Krippendorff's α, or null and the reason if it is undefined.</summary>
/// <param name="PairableValues">The number of values in units with at least two.</param>
/// <param name="UnitsUsed">The number of units with at least two values; the others are ignored.</param>
public sealed record AlphaResult(double? Alpha, string? WhyUndefined, long PairableValues, int UnitsUsed);

/// <summary>
/// Krippendorff's α = 1 − observed/expected disagreement, from the coincidence matrix (Krippendorff, "Content Analysis", chapter 11;
/// 2011, "Computing Krippendorff's Alpha-Reliability"). Any number of annotators, with missing values. A unit is one judged item with its
/// values, in any order. Undefined if all pairable values are equal.
/// </summary>
public static class KrippendorffAlpha
{
    /// <param name="units">The values of each unit, without missing ones.</param>
    /// <param name="level">The level of measurement.</param>
    public static AlphaResult Compute(IReadOnlyList<IReadOnlyList<double>> units, MeasurementLevel level)
    {
        RequireRatioScale(units, level);
        var coincidences = Coincidences.Create([.. units.Select(unit => (IReadOnlyList<IReadOnlyList<double>>)[unit])]);
        var counts = coincidences.Clusters.Counts();
        double? alpha = coincidences.Alpha(counts, level);
        long pairable = units.Where(unit => unit.Count > 1).Sum(unit => (long)unit.Count);
        return new(alpha, alpha is null ? Why(pairable) : null, pairable, units.Count(unit => unit.Count > 1));
    }

    /// <summary>α with the percentile bootstrap over units.</summary>
    /// <remarks>
    /// Equal units are counted together, so that the cost of a replicate is the number of distinct units: 100,000 units with 1,000
    /// replicates take less than a second.
    /// </remarks>
    public static Interval WithInterval(IReadOnlyList<IReadOnlyList<double>> units, MeasurementLevel level, RandomStream stream,
        int replicates = ClusteredBootstrap.DefaultReplicates, double confidence = 0.95) =>
        WithIntervalByCluster([.. units.Select(unit => (IReadOnlyList<IReadOnlyList<double>>)[unit])], level, stream, replicates,
            confidence);

    /// <summary>
    /// α over the units of all clusters, with the bootstrap over clusters. For rankings, a cluster is a task and its units are the
    /// pairwise outcomes (<see cref="PairwiseOutcomes"/>), which are not independent.
    /// </summary>
    public static Interval WithIntervalByCluster(IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> clusters, MeasurementLevel level,
        RandomStream stream, int replicates = ClusteredBootstrap.DefaultReplicates, double confidence = 0.95)
    {
        RequireRatioScale(clusters.SelectMany(units => units), level);
        var coincidences = Coincidences.Create(clusters);
        if (coincidences.Alpha(coincidences.Clusters.Counts(), level) is not { } alpha)
            return Interval.UndefinedBecause(Why(clusters.SelectMany(units => units).Where(unit => unit.Count > 1)
                .Sum(unit => (long)unit.Count)));
        double?[] values = Resampling.Replicates(coincidences.Clusters, stream, replicates, draws => coincidences.Alpha(draws, level));
        double[] defined = [.. values.Where(value => value is not null).Select(value => value!.Value)];
        return new BootstrapDistribution(alpha, defined, replicates - defined.Length).Percentile(confidence);
    }

    private static void RequireRatioScale(IEnumerable<IReadOnlyList<double>> units, MeasurementLevel level)
    {
        if (level == MeasurementLevel.Ratio && units.SelectMany(unit => unit).FirstOrDefault(value => value < 0) is < 0 and var negative)
            throw new ArgumentException($"at the ratio level, values must be 0 or more; got {negative}", nameof(level));
    }

    private static string Why(long pairable) => pairable == 0
        ? "no unit has two values: there is nothing to compare"
        : "all values that can be compared are equal, so the expected disagreement is 0";
}
