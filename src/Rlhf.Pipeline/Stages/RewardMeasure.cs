using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Reports;
using Rlhf.Statistics;
using Rlhf.Statistics.Calibration;
using Rlhf.Statistics.Comparison;
using Rlhf.Statistics.Intervals;
using Rlhf.Training.Reward;

namespace Rlhf.Pipeline.Stages;

/// <summary>
/// How well a reward model orders held-out pairs as the annotators did, beside baselines on the same pairs: the gold order against
/// the same noisy labels (no model can be expected to do better), and length alone. Pairs that the annotators tied are left out; a
/// tie of the scores counts ½. Intervals are clustered by prompt.
/// </summary>
public static class RewardMeasure
{
    /// <param name="pairs">
    /// The held-out pairs under the raw scores: gain and bias change neither the order nor what σ(Δ) was trained to be.
    /// </param>
    /// <param name="rankings">Those that <see cref="ScoredPair.Ranking"/> counts.</param>
    /// <param name="stream">Draws of the bootstrap.</param>
    /// <returns>Null where no pair has an order.</returns>
    public static RewardReport? Measure(IReadOnlyList<ScoredPair> pairs, IReadOnlyList<RankingLine> rankings, RandomStream stream)
    {
        if (pairs.Count == 0)
            return null;
        var prompts = pairs.GroupBy(p => rankings[p.Ranking].Prompt, StringComparer.Ordinal).Select(group => group.ToList()).ToList();
        IReadOnlyList<IReadOnlyList<double>> ByPrompt(Func<ScoredPair, double> value) =>
            [.. prompts.Select(p => (IReadOnlyList<double>)[.. p.Select(value)])];
        Estimate Share(Func<ScoredPair, double> value) => ToEstimate(ClusteredBootstrap.ShareInterval(ByPrompt(value), stream));

        var shorter = Share(ShorterWins);
        bool longerIsBetter = shorter.Value < 0.5;
        double ByLength(ScoredPair p) => longerIsBetter ? 1 - ShorterWins(p) : ShorterWins(p);
        var curve = MarginCalibration.Curve([.. prompts.SelectMany(p => p).Select(p => p.Margin)]);
        return new RewardReport(
            Share(p => MarginCalibration.Correct(p.Margin)), Ceiling(pairs, rankings), shorter, curve.ExpectedError ?? 0,
            [.. curve.Bins.Select(b =>
                new CalibrationBin(b.Confidence, b.Accuracy.Value ?? 0, b.Accuracy.Low ?? 0, b.Accuracy.High ?? 1, b.Count))],
            pairs.Count, prompts.Count)
        {
            LengthRule = longerIsBetter ? RewardReport.LongerWins : RewardReport.ShorterWinsRule,
            LeadOverLength = ToEstimate(ClusteredBootstrap.MeanInterval(
                ByPrompt(p => MarginCalibration.Correct(p.Margin) - ByLength(p)), stream)),
        };
    }

    /// <summary>An interval as the report shows it.</summary>
    public static Estimate ToEstimate(Interval interval) =>
        new(interval.Value ?? double.NaN, interval.Low ?? double.NaN, interval.High ?? double.NaN);

    private static double ShorterWins(ScoredPair pair) => WinRate.Outcome(0, pair.LengthDifference);

    /// <summary>Null where some ranking has no gold reward.</summary>
    private static double? Ceiling(IReadOnlyList<ScoredPair> pairs, IReadOnlyList<RankingLine> rankings) =>
        pairs.All(p => rankings[p.Ranking].Gold is not null)
            ? pairs.Average(p => rankings[p.Ranking].Gold is { } gold ? WinRate.Outcome(gold[p.Better], gold[p.Worse]) : 0)
            : null;
}
