using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Rlhf.Statistics.Intervals;

/// <summary>A statistic and its values on resampled data (Efron and Tibshirani 1993, chapters 12 to 14).</summary>
/// <param name="Estimate">The statistic of the data; null if it is undefined.</param>
/// <param name="Replicates">The statistic of each resample for which it is defined.</param>
/// <param name="UndefinedReplicates">The number of resamples for which it is undefined; they are left out.</param>
public sealed record BootstrapDistribution(double? Estimate, IReadOnlyList<double> Replicates, int UndefinedReplicates)
{
    private const string NoReplicate = "the statistic is undefined on every resample";

    /// <summary>The standard deviation of the replicates (n − 1); null for fewer than two.</summary>
    public double? StandardError => Replicates.Count < 2 ? null : Replicates.StandardDeviation();

    /// <summary>The percentile interval: the central quantiles of the replicates.</summary>
    public Interval Percentile(double confidence = 0.95)
    {
        if (Estimate is null)
            return Interval.Undefined;
        var (low, high) = ClusteredBootstrap.Percentiles(Replicates, confidence);
        return new(Estimate, low, high) { WhyUndefined = low is null ? NoReplicate : null };
    }

    /// <summary>The percentile interval mirrored at the estimate: 2·estimate − high … 2·estimate − low.</summary>
    public Interval Basic(double confidence = 0.95)
    {
        var percentile = Percentile(confidence);
        return percentile with { Low = 2 * Estimate - percentile.High, High = 2 * Estimate - percentile.Low };
    }

    /// <summary>z₀ = Φ⁻¹(share of the replicates below the estimate), with half of those equal to it; null if it is infinite.</summary>
    public double? BiasCorrection
    {
        get
        {
            if (Estimate is not { } estimate || Replicates.Count == 0)
                return null;
            double share = (Replicates.Count(r => r < estimate) + Replicates.Count(r => r == estimate) / 2.0) / Replicates.Count;
            return share is > 0 and < 1 ? Normal.InvCDF(0, 1, share) : null;
        }
    }

    /// <summary>a = Σu³/(6(Σu²)^1.5) with u = mean − value of the jackknife; null if the values do not vary.</summary>
    public static double? Acceleration(IReadOnlyList<double> jackknife)
    {
        if (jackknife.Count == 0)
            return null;
        double mean = jackknife.Average(), squares = 0, cubes = 0;
        foreach (double value in jackknife)
        {
            double u = mean - value;
            squares += u * u;
            cubes += u * u * u;
        }
        // Values that are equal up to rounding count as constant.
        return squares <= 1e-28 * jackknife.Count * Math.Max(1e-30, mean * mean) ? null : cubes / (6 * Math.Pow(squares, 1.5));
    }

    /// <summary>
    /// The BCa interval: percentiles corrected for bias and for skewness (acceleration). <paramref name="jackknife"/> has the statistic
    /// without each cluster in turn.
    /// </summary>
    public Interval BiasCorrectedAccelerated(IReadOnlyList<double> jackknife, double confidence = 0.95)
    {
        if (Estimate is null)
            return Interval.Undefined;
        if (Acceleration(jackknife) is not { } a)
            return new(Estimate, null, null) { WhyUndefined = "no variation: leaving out a cluster never changes the statistic" };
        if (BiasCorrection is not { } z0)
            return new(Estimate, null, null) { WhyUndefined = "all resamples are on one side of the estimate" };
        double[] sorted = [.. Replicates.Order()];
        double End(double probability)
        {
            double z = z0 + Normal.InvCDF(0, 1, probability);
            return SortedArrayStatistics.QuantileCustom(sorted, Normal.CDF(0, 1, z0 + z / (1 - a * z)), QuantileDefinition.R7);
        }
        double tail = (1 - confidence) / 2;
        return new(Estimate, End(tail), End(1 - tail));
    }
}
