using Rlhf.Core.Content;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Judgments;

namespace Rlhf.Statistics.Tests.Judgments;

public sealed class ShownFirstTests
{
    private static readonly RandomStream Stream = new(0, "test");

    [Fact]
    public void A_planted_bias_lies_within_its_interval_in_930_of_1000_simulations()
    {
        const double Bias = 0.58;
        int covered = 0;
        for (int run = 0; run < 1000; run++)
        {
            var random = new RandomStream((ulong)run, "position bias");
            var tasks = Enumerable.Range(0, 200).Select(i => new JudgedTask(2, [.. Enumerable.Range(0, 3).Select(k =>
            {
                int first = random.Below(2, (uint)i, (uint)k);
                int winner = random.Uniform((uint)i, (uint)k, 1) < Bias ? first : 1 - first;
                return new RankingJudgment(k, winner == 0 ? [1, 2] : [2, 1], [first, 1 - first]);
            })]));
            var found = ShownFirst.Compute(tasks, Stream);
            Assert.Equal(600, found.Decided);
            covered += found.Share.Low <= Bias && Bias <= found.Share.High ? 1 : 0;
        }
        Assert.InRange(covered, 930, 1000);
    }

    [Fact]
    public void Quality_alone_is_no_position_bias_when_orders_are_drawn()
    {
        // The first completion is always better; who sees it first is drawn.
        var random = new RandomStream(1, "orders");
        var tasks = Enumerable.Range(0, 2000).Select(i => new JudgedTask(2,
            [new RankingJudgment(0, [1, 2], random.Permutation(2, (uint)i))]));
        var found = ShownFirst.Compute(tasks, Stream);
        Assert.InRange(found.Share.Value!.Value, 0.46, 0.54);
        Assert.True(found.Share.Low < 0.5 && found.Share.High > 0.5);
    }

    [Fact]
    public void Every_pair_of_a_ranking_counts_ties_and_unrecorded_orders_do_not()
    {
        JudgedTask[] tasks =
        [
            // Shown C, A, B; ranked A > B = C: A beats C from behind, and B from before; B and C tie.
            new(3, [new RankingJudgment(0, [1, 2, 2], [2, 0, 1]), new RankingJudgment(1, [1, 2, 3])]),
        ];
        var found = ShownFirst.Compute(tasks, Stream);
        Assert.Equal((1, 2), (found.Wins, found.Decided));
        Assert.Equal(0.5, found.Share.Value);
        Assert.Equal(1, found.Odds.Value);
        var none = ShownFirst.Compute([], Stream);
        Assert.Null(none.Share.Value);
        Assert.NotNull(none.Share.WhyUndefined);
    }
}
