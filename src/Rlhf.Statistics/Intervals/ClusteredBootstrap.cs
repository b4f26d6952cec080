using MathNet.Numerics.Statistics;
using Rlhf.Core.Randomness;

namespace Rlhf.Statistics.Intervals;

/// <summary>
/// The percentile bootstrap over clusters (Efron and Tibshirani 1993, chapter 13). Whole clusters, for example prompts, are drawn with
/// replacement, because outcomes of one prompt are not independent.
/// </summary>
public static class ClusteredBootstrap
{
    public const int DefaultReplicates = 2000;

    /// <summary>
    /// The interval of <paramref name="statistic"/>. Draw j of replicate b is a pure function of the stream, b and j. Replicates for
    /// which the statistic is undefined (null) are left out. Each replicate builds a list of all clusters: for ratios and means of many
    /// clusters see <see cref="RatioInterval"/>.
    /// </summary>
    public static Interval Percentile<T>(IReadOnlyList<T> clusters, Func<IReadOnlyList<T>, double?> statistic, RandomStream stream,
        int replicates = DefaultReplicates, double confidence = 0.95)
    {
        if (clusters.Count == 0)
            return Interval.Undefined;
        var drawn = Enumerable.Range(0, replicates).Select(b =>
            Enumerable.Range(0, clusters.Count).Select(j => stream.Below(clusters.Count, (uint)b, (uint)j)));
        return FromResamples(clusters, statistic, drawn, confidence);
    }

    /// <summary>The same with given resamples: one list of cluster indices per replicate.</summary>
    public static Interval FromResamples<T>(IReadOnlyList<T> clusters, Func<IReadOnlyList<T>, double?> statistic,
        IEnumerable<IEnumerable<int>> resamples, double confidence = 0.95) =>
        Distribution(clusters, statistic, resamples).Percentile(confidence);

    /// <summary>The bootstrap distribution of the statistic on given resamples.</summary>
    public static BootstrapDistribution Distribution<T>(IReadOnlyList<T> clusters, Func<IReadOnlyList<T>, double?> statistic,
        IEnumerable<IEnumerable<int>> resamples)
    {
        var values = new List<double>();
        int undefined = 0;
        foreach (var indices in resamples)
        {
            if (statistic([.. indices.Select(i => clusters[i])]) is { } value)
                values.Add(value);
            else
                undefined++;
        }
        return new(statistic(clusters), values, undefined);
    }

    /// <summary>The statistic without each cluster in turn; undefined values are left out.</summary>
    public static IReadOnlyList<double> Jackknife<T>(IReadOnlyList<T> clusters, Func<IReadOnlyList<T>, double?> statistic) =>
    [
        .. Enumerable.Range(0, clusters.Count)
            .Select(left => statistic([.. clusters.Where((_, i) => i != left)]))
            .Where(value => value is not null)
            .Select(value => value!.Value),
    ];

    /// <summary>The interval of the mean of all values, resampling whole clusters.</summary>
    public static Interval MeanInterval(IReadOnlyList<IReadOnlyList<double>> clusters, RandomStream stream,
        int replicates = DefaultReplicates, double confidence = 0.95) =>
        RatioInterval([.. clusters.Select(cluster => (cluster.Order().Sum(), (double)cluster.Count))], stream, replicates, confidence);

    /// <summary>
    /// The interval of a share: the mean of values in [0, 1]. Where all values are 0, or all are 1, every resample is the same and the
    /// bootstrap has no width, however few clusters there are; then it is Wilson's interval with one value per cluster.
    /// </summary>
    public static Interval ShareInterval(IReadOnlyList<IReadOnlyList<double>> clusters, RandomStream stream,
        int replicates = DefaultReplicates, double confidence = 0.95)
    {
        var interval = MeanInterval(clusters, stream, replicates, confidence);
        return interval.Value is 0 or 1
            ? WilsonInterval.Compute(interval.Value == 1 ? Filled(clusters) : 0, Filled(clusters), confidence)
            : interval;
    }

    private static double Filled(IReadOnlyList<IReadOnlyList<double>> clusters) => clusters.Count(cluster => cluster.Count > 0);

    /// <summary>
    /// The interval of Σ numerator / Σ denominator over clusters, in any order of clusters. Equal clusters are counted together: 100,000
    /// clusters of few distinct kinds with 1,000 replicates take less than a second.
    /// </summary>
    public static Interval RatioInterval(IReadOnlyList<(double Numerator, double Denominator)> clusters, RandomStream stream,
        int replicates = DefaultReplicates, double confidence = 0.95)
    {
        if (clusters.Count == 0)
            return Interval.Undefined;
        var kinds = Resampling.Sort(clusters, Comparer<(double Numerator, double Denominator)>.Default);
        double? Ratio(int[] counts)
        {
            double numerator = 0, denominator = 0;
            for (int k = 0; k < counts.Length; k++)
            {
                numerator += counts[k] * kinds.Kinds[k].Numerator;
                denominator += counts[k] * kinds.Kinds[k].Denominator;
            }
            return denominator == 0 ? null : numerator / denominator;
        }
        double?[] values = Resampling.Replicates(kinds, stream, replicates, Ratio);
        double[] defined = [.. values.Where(value => value is not null).Select(value => value!.Value)];
        return new BootstrapDistribution(Ratio(kinds.Counts()), defined, replicates - defined.Length).Percentile(confidence);
    }

    /// <summary>The mean of all values; null without values.</summary>
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

    /// <summary>
    /// The ends of the central <paramref name="confidence"/> of the replicates: type-7 quantiles, like numpy.percentile.
    /// </summary>
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
