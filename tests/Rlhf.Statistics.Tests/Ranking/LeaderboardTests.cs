using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Ranking;

public sealed class LeaderboardTests
{
    private static readonly RandomStream Stream = new(1, "leaderboard");

    private static readonly Gen<PairOutcome[]> Comparisons = Gen
        .Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[1, 3], Gen.Int[0, 2])
        .Select((cluster, first, step, outcome) => new PairOutcome(cluster, first, (first + step) % 4, outcome / 2.0))
        .Array[0, 25];

    [Fact]
    public void Scores_are_those_of_all_comparisons_and_the_best_is_first()
    {
        PairOutcome[] comparisons = [.. Votes(7, 3, 0, 1), .. Votes(6, 4, 1, 2), .. Votes(9, 1, 0, 2)];
        var board = Leaderboard.Compute(comparisons, 3, Stream, 200);
        var fit = BradleyTerry.Fit(new double[,] { { 0, 7, 9 }, { 3, 0, 6 }, { 1, 4, 0 } });
        Assert.Equal([0, 1, 2], board.Entries.Select(e => e.Item));
        Assert.Equal(fit.Scores!, board.Entries.Select(e => e.Score.Value!.Value));
        Assert.Equal(fit.Elo()!, board.Entries.Select(e => Math.Round(e.Elo.Value!.Value, 9)), (a, b) => Math.Abs(a - b) < 1e-8);
        Assert.Equal([20, 20, 20], board.Entries.Select(e => e.Comparisons));
        Assert.Equal(0.8, board.Entries[0].WinShare!.Value, 1e-12);
        Assert.Null(board.Separation);
        // The bootstrap over independent comparisons comes near the standard error of the model.
        double width = board.Entries[1].Score.High!.Value - board.Entries[1].Score.Low!.Value;
        Assert.Equal(2 * 1.96 * fit.StandardError(1)!.Value, width, 0.35);
    }

    [Fact]
    public void Repeated_votes_on_one_prompt_do_not_narrow_the_interval()
    {
        PairOutcome[] once = [.. Votes(30, 20, 0, 1)];
        PairOutcome[] fiveTimes = [.. once.SelectMany(c => Enumerable.Repeat(c, 5))];
        Assert.Equal(Leaderboard.Compute(once, 2, Stream, 100).Entries.Select(e => e.Score.High!.Value),
            Leaderboard.Compute(fiveTimes, 2, Stream, 100).Entries.Select(e => e.Score.High!.Value), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Outcomes_of_one_prompt_that_go_together_widen_the_interval()
    {
        // On each of 60 prompts either the better number wins all three comparisons or loses all.
        PairOutcome[] together = [.. Enumerable.Range(0, 60).SelectMany(prompt => new[] { (0, 1), (0, 2), (1, 2) }
            .Select(pair => new PairOutcome(prompt, pair.Item1, pair.Item2, prompt % 3 == 0 ? 0 : 1)))];
        double Width(IEnumerable<PairOutcome> outcomes)
        {
            var score = Leaderboard.Compute([.. outcomes], 3, Stream, 400).Entries[0].Score;
            return score.High!.Value - score.Low!.Value;
        }
        Assert.True(Width(together) > 1.2 * Width(together.Select((outcome, i) => outcome with { Cluster = i })));
    }

    [Fact]
    public void Neither_the_order_of_comparisons_nor_of_the_two_items_matters() =>
        Comparisons.Sample(comparisons =>
        {
            PairOutcome[] turned = [.. comparisons.Reverse()
                .Select(c => new PairOutcome(100 - c.Cluster, c.Second, c.First, 1 - c.Outcome))];
            var one = Leaderboard.Compute(comparisons, 4, Stream, 20);
            var other = Leaderboard.Compute(turned, 4, Stream, 20);
            return one.Entries.SequenceEqual(other.Entries) && (one.Separation is null) == (other.Separation is null);
        });

    [Fact]
    public void Separated_comparisons_get_finite_scores_and_are_told()
    {
        var board = Leaderboard.Compute([.. Votes(10, 0, 0, 1)], 3, Stream, 50);
        Assert.NotNull(board.Separation);
        Assert.All(board.Entries, entry => Assert.True(double.IsFinite(entry.Score.Value!.Value)
            && double.IsFinite(entry.Elo.High!.Value)));
        Assert.Equal([2], board.Separation.NeverCompared);
        Assert.Equal(50, board.SeparatedReplicates);
        Assert.Null(board.Entries.Single(entry => entry.Item == 2).WinShare);
    }

    [Fact]
    public void What_is_no_comparison_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Leaderboard.Compute([new(0, 1, 1, 1)], 2, Stream));
        Assert.Throws<ArgumentException>(() => Leaderboard.Compute([new(0, 0, 1, 0.3)], 2, Stream));
    }

    /// <summary>One comparison a prompt, and other prompts for every pair.</summary>
    private static IEnumerable<PairOutcome> Votes(int wins, int losses, int first, int second) =>
        [.. Enumerable.Range(0, wins + losses).Select(i =>
            new PairOutcome(1000 * first + 100 * second + i, first, second, i < wins ? 1 : 0))];
}
