using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Pipeline.Tests.Stages;

public sealed class RewardMeasureTests
{
    private static readonly RandomStream Stream = new(1, "test");

    [Fact]
    public void Counts_pairs_with_an_order_by_hand()
    {
        // Three pairs: (a,b) right, (a,c) right, (b,c) tied scores = half; gold wrong on (b,c); shorter right on (a,b), wrong on (a,c), wrong on (b,c).
        var ranking = new ScoredRanking("p", [1, 2, 3], [2.0, 0.5, 0.5], [3, 5, 2], [3.0, 1.0, 2.0]);
        var report = RewardMeasure.Measure([ranking], Stream)!;
        Assert.Equal(2.5 / 3, report.Accuracy.Value, 12);
        Assert.Equal(2.0 / 3, report.Ceiling!.Value, 12);
        Assert.Equal(1.0 / 3, report.ShorterWins.Value, 12);
        Assert.Equal(3, report.Pairs);
        Assert.Equal(1, report.Prompts);
    }

    [Fact]
    public void Tied_labels_are_left_out()
    {
        var report = RewardMeasure.Measure([new ScoredRanking("p", [1, 1, 2], [1, 5, 3], [1, 1, 1], null)], Stream)!;
        Assert.Equal(2, report.Pairs);
        Assert.Equal(0.5, report.Accuracy.Value);
        Assert.Null(report.Ceiling);
        Assert.Null(RewardMeasure.Measure([new ScoredRanking("p", [1, 1], [1, 5], [1, 1], null)], Stream));
    }

    [Fact]
    public void The_interval_is_clustered_by_prompt()
    {
        // Ten judgments of one prompt are one cluster: its share says nothing of other prompts, so the interval has no width.
        var one = Enumerable.Range(0, 10).Select(i => new ScoredRanking("p", [1, 2], i < 5 ? [1, 0] : [0, 1], [1, 2], null)).ToList();
        var report = RewardMeasure.Measure(one, Stream)!;
        Assert.Equal((0.5, 0.5, 0.5), (report.Accuracy.Value, report.Accuracy.Low, report.Accuracy.High));
        var many = one.Select((r, i) => r with { Prompt = $"p{i}" }).ToList();
        Assert.True(RewardMeasure.Measure(many, Stream)!.Accuracy.Low < 0.4);
    }
}
