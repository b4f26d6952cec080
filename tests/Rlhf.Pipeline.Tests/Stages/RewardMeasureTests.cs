using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Stages;
using Rlhf.Training.Reward;

namespace Rlhf.Pipeline.Tests.Stages;

public sealed class RewardMeasureTests
{
    private static readonly RandomStream Stream = new(1, "test");

    private static RankingLine Ranking(string prompt, double[]? gold = null) => new(prompt, ["a", "b", "c"], [1, 2, 3], Gold: gold);

    [Fact]
    public void Counts_pairs_with_an_order_by_hand()
    {
        // (a,b) right, (a,c) right, (b,c) tied scores = half; gold wrong on (b,c); shorter right on (a,b), wrong on the other two.
        ScoredPair[] pairs = [new(0, 0, 1, 1.5, null, -2), new(0, 0, 2, 1.5, null, 1), new(0, 1, 2, 0, null, 3)];
        var report = RewardMeasure.Measure(pairs, [Ranking("p", [3, 1, 2])], Stream)!;
        Assert.Equal(2.5 / 3, report.Accuracy.Value, 12);
        Assert.Equal(2.0 / 3, report.Ceiling!.Value, 12);
        Assert.Equal(1.0 / 3, report.ShorterWins.Value, 12);
        Assert.Equal(RewardReport.LongerWins, report.LengthRule);
        // Pair by pair: 1 − 0, 1 − 1, ½ − 1.
        Assert.Equal(0.5 / 3, report.LeadOverLength!.Value, 12);
        Assert.Equal(3, report.Pairs);
        Assert.Equal(1, report.Prompts);
    }

    [Fact]
    public void Without_a_pair_nothing_is_measured()
    {
        Assert.Null(RewardMeasure.Measure([], [Ranking("p")], Stream));
        Assert.Null(RewardMeasure.Measure([new(0, 0, 1, 1, null, 1)], [Ranking("p")], Stream)!.Ceiling);
    }

    [Fact]
    public void The_interval_is_clustered_by_prompt()
    {
        // Ten judgments of one prompt are one cluster: its share says nothing of other prompts, so the interval has no width.
        ScoredPair[] pairs = [.. Enumerable.Range(0, 10).Select(i => new ScoredPair(i, 0, 1, i < 5 ? 1 : -1, null, -1))];
        var one = RewardMeasure.Measure(pairs, [.. pairs.Select(_ => Ranking("p"))], Stream)!;
        Assert.Equal((0.5, 0.5, 0.5), (one.Accuracy.Value, one.Accuracy.Low, one.Accuracy.High));
        Assert.True(RewardMeasure.Measure(pairs, [.. pairs.Select((_, i) => Ranking($"p{i}"))], Stream)!.Accuracy.Low < 0.4);
    }

    /// <summary>σ(|Δ|) = 0.75 at |Δ| = ln 3: right three times of four is calibrated, right always is off by a quarter.</summary>
    [Fact]
    public void Calibration_compares_confidence_with_the_share_right()
    {
        double Error(Func<int, double> sign)
        {
            ScoredPair[] pairs = [.. Enumerable.Range(0, 400).Select(i => new ScoredPair(i, 0, 1, Math.Log(3) * sign(i), null, 0))];
            return RewardMeasure.Measure(pairs, [.. pairs.Select((_, i) => Ranking($"p{i}"))], Stream)!.CalibrationError;
        }
        Assert.Equal(0, Error(i => i % 4 == 0 ? -1 : 1), 9);
        Assert.Equal(0.25, Error(_ => 1), 9);
    }

    [Fact]
    public void Doubts_are_stated_by_interval()
    {
        static Estimate Around(double value) => new(value, value - 0.05, value + 0.05);
        static RewardReport Report(double accuracy, double lead) =>
            new(Around(accuracy), null, Around(0.5), 0, [], 100, 50)
            {
                LengthRule = RewardReport.LongerWins,
                LeadOverLength = Around(lead),
            };
        IReadOnlyList<string> Of(RewardReport? report, PairCounts? held = null) =>
            RewardWarnings.Create(report, 300, new PairCounts(10, 0, 0, 0), held ?? new PairCounts(10, 0, 0, 0));

        Assert.Empty(Of(Report(0.7, 0.2)));
        Assert.Contains("not shown to be better than chance", Assert.Single(Of(Report(0.54, 0.2))));
        Assert.Contains("\"the longer one wins\"", Assert.Single(Of(Report(0.7, 0.04))));
        Assert.Contains("not measured", Assert.Single(Of(null)));
        Assert.Contains("1 pair left out: the two texts differ only beyond",
            Assert.Single(Of(Report(0.7, 0.2), new PairCounts(10, 0, 0, 1))));
        Assert.Contains("2 pairs left out: the two completions are the same text",
            Assert.Single(Of(Report(0.7, 0.2), new PairCounts(10, 0, 2, 0))));
    }
}
