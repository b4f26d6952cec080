using MathNet.Numerics.Statistics;
using Rlhf.Core.Randomness;

namespace Rlhf.Statistics.Intervals;

/// <summary>
/// The percentile bootstrap over clusters (Efron and Tibshirani 1993, chapter 13): whole clusters, prompts say, are drawn with
/// repeats, because what belongs to one prompt is not independent.
/// </summary>
public static class ClusteredBootstrap
{
    public const int DefaultReplicates = 2000;

    /// <summary>
    /// The interval of <paramref name="statistic"/>. Draw j of replicate b is a pure function of the stream, b and j; replicates
    /// on which the statistic is undefined (null) are left out.
    /// </summary>
    public static Interval Percentile<T>(IReadOnlyList<T> clusters, Func<IReadOnlyList<T>, double?> statistic, RandomStream stream,
        int replicates = DefaultReplicates, double confidence = 0.95)
    {
        if (clusters.Count == 0)
            return Interval.Undefined;
        var drawn = Enumerable.Range(0, replicates).Select(b =>
            Enumerable.Range(0, clusters.Count).Select(j => stream.Below(clusters.Count, (uint)b, (uint)j)));
        return OfResamples(clusters, statistic, drawn, confidence);
    }

    /// <summary>The same with the drawn clusters given: one list of indices a replicate.</summary>
    public static Interval OfResamples<T>(IReadOnlyList<T> clusters, Func<IReadOnlyList<T>, double?> statistic,
        IEnumerable<IEnumerable<int>> resamples, double confidence = 0.95)
    {
        var values = new List<double>();
        foreach (var indices in resamples)
        {
            if (statistic([.. indices.Select(i => clusters[i])]) is { } value)
                values.Add(value);
        }
        var (low, high) = Percentiles(values, confidence);
        return new(statistic(clusters), low, high);
    }

    /// <summary>The interval of the mean of all values, each cluster whole.</summary>
    public static Interval OfMean(IReadOnlyList<IReadOnlyList<double>> clusters, RandomStream stream,
        int replicates = DefaultReplicates, double confidence = 0.95) =>
        Percentile(clusters, PooledMean, stream, replicates, confidence);

    /// <summary>Σ of all values / their number; null where there is none.</summary>
    public static double? PooledMean(IReadOnlyList<IReadOnlyList<double>> clusters)
    {
        double sum = 0;
        long count = 0;
        foreach (var cluster in clusters)
        {
            for (int i = 0; i < cluster.Count; i++)
                sum += cluster[i];
            count += cluster.Count;
        }
        return count == 0 ? null : sum / count;
    }

    /// <summary>The two ends of the middle <paramref name="confidence"/> of the replicates: type-7 quantiles, as numpy.percentile.</summary>
    public static (double? Low, double? High) Percentiles(IReadOnlyList<double> replicates, double confidence = 0.95)
    {
        if (replicates.Count == 0)
            return (null, null);
        double tail = (1 - confidence) / 2;
        double[] values = [.. replicates];
        Array.Sort(values);
        return (SortedArrayStatistics.QuantileCustom(values, tail, QuantileDefinition.R7),
            SortedArrayStatistics.QuantileCustom(values, 1 - tail, QuantileDefinition.R7));
    }
}
