using Rlhf.Core.Randomness;
using Rlhf.Statistics.Agreement;

namespace Rlhf.Statistics.Judgments;

/// <summary>
/// How much annotators of the same tasks agree. Intervals are bootstraps over tasks, since the answers to one task are not independent.
/// </summary>
/// <param name="Tasks">Tasks with at least two answers that can be compared.</param>
/// <param name="Answers">Compared values: outcomes of pairs for a ranking.</param>
/// <param name="Ordinal">Krippendorff's α, where the values have an order; else undefined.</param>
/// <param name="Nominal">Krippendorff's α, values equal or not.</param>
/// <param name="Percent">The share of pairs of annotators with equal values, not corrected for chance.</param>
/// <param name="Fleiss">Fleiss' κ; only where every unit has the same number of values.</param>
/// <param name="Gwet">Gwet's AC1; its interval only where a task has one unit.</param>
public sealed record JudgmentAgreement(
    int Tasks, long Answers, Interval Ordinal, Interval Nominal, Interval Percent, Interval Fleiss, Interval Gwet)
{
    /// <summary>The most numbers that one bootstrap of α may add up, over all its replicates.</summary>
    private const long MaxBootstrapWork = 40_000_000;

    private const int MaxReplicates = 1000, MinReplicates = 200;

    /// <param name="clusters">For each task its units, for each unit its values.</param>
    /// <param name="ordered">Whether values have an order.</param>
    /// <param name="stream">The random numbers of the bootstrap.</param>
    public static JudgmentAgreement Compute(
        IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> clusters, bool ordered, RandomStream stream)
    {
        IReadOnlyList<IReadOnlyList<double>>[] compared =
        [
            .. clusters.Select(units => (IReadOnlyList<IReadOnlyList<double>>)[.. units.Where(unit => unit.Count > 1)])
                .Where(units => units.Count > 0),
        ];
        IReadOnlyList<double>[] all = [.. compared.SelectMany(units => units)];
        int replicates = Replicates(all.Length);
        var ordinal = ordered
            ? KrippendorffAlpha.WithIntervalByCluster(compared, MeasurementLevel.Ordinal, stream, replicates)
            : Interval.UndefinedBecause("the answers have no order");
        return new(compared.Length, all.Sum(unit => (long)unit.Count), ordinal,
            KrippendorffAlpha.WithIntervalByCluster(compared, MeasurementLevel.Nominal, stream, replicates),
            PercentOf(compared, stream, replicates), FleissOf(all), GwetOf(all, oneUnitEach: compared.Length == all.Length));
    }

    /// <summary>How many replicates a bootstrap over this many units has.</summary>
    public static int Replicates(long units) => (int)Math.Clamp(MaxBootstrapWork / Math.Max(1, units * 4), MinReplicates, MaxReplicates);

    private static Interval PercentOf(
        IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> compared, RandomStream stream, int replicates) =>
        compared.All(units => units is [{ Count: 2 }])
            ? PercentAgreement.WithInterval([.. compared.Select(units => units[0])], stream)
            : Intervals.ClusteredBootstrap.RatioInterval([.. compared.Select(CountPairs)], stream, replicates);

    private static (double Agreeing, double Pairs) CountPairs(IReadOnlyList<IReadOnlyList<double>> units)
    {
        double agreeing = 0, pairs = 0;
        foreach (var unit in units)
        {
            pairs += unit.Count * (unit.Count - 1) / 2.0;
            for (int i = 0; i < unit.Count; i++)
            {
                for (int j = i + 1; j < unit.Count; j++)
                    agreeing += unit[i] == unit[j] ? 1 : 0;
            }
        }
        return (agreeing, pairs);
    }

    private static Interval FleissOf(IReadOnlyList<double>[] units)
    {
        if (units.Length == 0)
            return Interval.Undefined;
        double[] values = [.. units.SelectMany(unit => unit).Distinct().Order()];
        var fleiss = FleissKappa.Compute([.. units.Select(unit =>
        {
            int[] counts = new int[values.Length];
            foreach (double value in unit)
                counts[Array.BinarySearch(values, value)]++;
            return counts;
        })]);
        return new(fleiss.Kappa, null, null) { WhyUndefined = fleiss.WhyUndefined };
    }

    private static Interval GwetOf(IReadOnlyList<double>[] units, bool oneUnitEach)
    {
        if (units.Length == 0)
            return Interval.Undefined;
        int most = units.Max(unit => unit.Count);
        double[] values = [.. units.SelectMany(unit => unit).Distinct().Order()];
        var gwet = GwetAgreement.Compute(
            [.. units.Select(unit => (double?[])[.. unit.Select(v => (double?)v), .. new double?[most - unit.Count]])], values).Coefficient;
        return oneUnitEach ? gwet : gwet with
        {
            Low = null,
            High = null,
            WhyUndefined = gwet.WhyUndefined ?? "no interval: the pairs of one ranking are not independent",
        };
    }
}
