using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Reports;
using Rlhf.Statistics;
using Rlhf.Statistics.Calibration;
using Rlhf.Statistics.Comparison;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Pipeline.Stages;

/// <summary>One held-out judgment with what the reward model makes of it.</summary>
/// <param name="Ranks">1 is best.</param>
/// <param name="Scores">The reward model's.</param>
/// <param name="Lengths">Tokens of each completion.</param>
/// <param name="Gold">The gold reward of each completion, where there is one.</param>
public sealed record ScoredRanking(
    string Prompt, IReadOnlyList<int> Ranks, IReadOnlyList<double> Scores, IReadOnlyList<int> Lengths, IReadOnlyList<double>? Gold);

/// <summary>
/// How well a reward model orders pairs as the annotators did (ppo.md 25), beside two yardsticks on the same pairs: the gold
/// order against the same noisy labels (no model can be expected to do better) and "the shorter one wins".
/// Pairs that the annotators tied are left out; a tie of the scores counts ½. Intervals are clustered by prompt.
/// </summary>
public static class RewardMeasure
{
    private const int Bins = 10;

    /// <summary>Null where no held-out pair has an order.</summary>
    public static RewardReport? Measure(IReadOnlyList<ScoredRanking> rankings, RandomStream stream)
    {
        var prompts = rankings.GroupBy(r => r.Prompt, StringComparer.Ordinal)
            .Select(group => group.SelectMany(Pairs).ToList())
            .Where(pairs => pairs.Count > 0)
            .ToList();
        if (prompts.Count == 0)
            return null;
        var pairs = prompts.SelectMany(p => p).ToList();
        var accuracy = Estimate(prompts, p => WinRate.Outcome(p.Better.Score, p.Worse.Score), stream);
        var shorter = Estimate(prompts, p => WinRate.Outcome(-p.Better.Length, -p.Worse.Length), stream);
        double? ceiling = pairs.TrueForAll(p => p.Better.Gold.HasValue)
            ? pairs.Average(p => WinRate.Outcome(p.Better.Gold!.Value, p.Worse.Gold!.Value))
            : null;
        var curve = Reliability.EqualMass(
            [.. pairs.Select(p => Sigmoid(Math.Abs(p.Better.Score - p.Worse.Score)))],
            [.. pairs.Select(p => WinRate.Outcome(p.Better.Score, p.Worse.Score))],
            Bins);
        return new RewardReport(accuracy, ceiling, shorter, curve.ExpectedError ?? 0,
            [.. curve.Bins.Select(b => new CalibrationBin(b.Confidence, b.Accuracy.Value ?? 0, b.Accuracy.Low ?? 0, b.Accuracy.High ?? 1, b.Count))],
            pairs.Count, prompts.Count);
    }

    /// <summary>An interval as the report shows it.</summary>
    public static Estimate ToEstimate(Interval interval) => new(interval.Value ?? double.NaN, interval.Low ?? double.NaN, interval.High ?? double.NaN);

    private static Estimate Estimate(List<List<Pair>> prompts, Func<Pair, double> outcome, RandomStream stream) =>
        ToEstimate(ClusteredBootstrap.OfMean([.. prompts.Select(p => (IReadOnlyList<double>)[.. p.Select(outcome)])], stream));

    private static IEnumerable<Pair> Pairs(ScoredRanking ranking)
    {
        for (int i = 0; i < ranking.Ranks.Count; i++)
        {
            for (int j = 0; j < ranking.Ranks.Count; j++)
            {
                if (ranking.Ranks[i] < ranking.Ranks[j])
                    yield return new Pair(Side(ranking, i), Side(ranking, j));
            }
        }
    }

    private static PairSide Side(ScoredRanking ranking, int i) => new(ranking.Scores[i], ranking.Lengths[i], ranking.Gold?[i]);

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private readonly record struct PairSide(double Score, int Length, double? Gold);

    private readonly record struct Pair(PairSide Better, PairSide Worse);
}
