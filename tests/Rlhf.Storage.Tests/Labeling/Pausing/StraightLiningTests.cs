using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Labeling.Pausing;

namespace Rlhf.Storage.Tests.Labeling.Pausing;

/// <summary>How conspicuous it is that rankings keep the order shown, against counts and binomials worked out by hand.</summary>
public sealed class StraightLiningTests
{
    [Theory]
    // Shown in the order of the task; groups by place, the number of arrangements of groups of these sizes.
    [InlineData("0|1|2|3", "0 1 2 3", 24, true)]
    [InlineData("3|2|1|0", "3 2 1 0", 24, false)]
    [InlineData("0,1|2,3", "0 0 1 1", 6, true)]
    [InlineData("1|0,2,3", "1 0 1 1", 4, false)]
    // What is not ranked is last.
    [InlineData("0|1", "0 1 2 2", 12, true)]
    public void Groups_by_place_and_their_chance(string ranking, string pattern, int arrangements, bool keeps)
    {
        var shown = ShownArrangement.Create(Ranking(ranking), Places(4))!;
        Assert.Equal((pattern, keeps), (shown.Pattern, shown.KeepsOrder));
        Assert.Equal(1.0 / arrangements, shown.Chance, 12);
    }

    [Fact]
    public void Places_are_those_shown_and_identical_completions_share_one()
    {
        var places = PresentedPlaces.Create([Completion(2, "c"), Completion(0, "a"), Completion(1, "a")]);
        var shown = ShownArrangement.Create(Ranking("2|0,1"), places)!;
        Assert.Equal(("0 1", true), (shown.Pattern, shown.KeepsOrder));
        Assert.Equal(0.5, shown.Chance, 12);
    }

    [Theory]
    [InlineData("0,1,2,3")]
    [InlineData("")]
    public void Where_all_is_equal_the_order_tells_nothing(string ranking) =>
        Assert.Null(ShownArrangement.Create(Ranking(ranking), Places(4)));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1 - 0.5 * 0.75 * 0.9)]
    [InlineData(3, 0.5 * 0.25 * 0.1)]
    [InlineData(4, 0)]
    public void The_probability_of_as_many_by_chance(int count, double wanted) =>
        Assert.Equal(wanted, StraightLining.AtLeast(count, [0.5, 0.25, 0.1]), 12);

    [Fact]
    public void Twenty_coins_that_fall_alike_are_one_in_a_million()
    {
        Assert.Equal(Math.Pow(2, -20), StraightLining.AtLeast(20, [.. Enumerable.Repeat(0.5, 20)]), 15);
        Assert.Equal(21 * Math.Pow(2, -20), StraightLining.AtLeast(19, [.. Enumerable.Repeat(0.5, 20)]), 15);
    }

    [Fact]
    public void Whoever_keeps_the_order_is_told_from_whoever_repeats_an_answer()
    {
        var kept = StraightLining.Find([.. Enumerable.Repeat(Arrangement("0|1|2"), 8)])!;
        Assert.Equal((8, 8, true), (kept.Same, kept.Of, kept.KeepsOrder));
        Assert.Equal(8 / 6.0, kept.Expected, 9);
        Assert.Equal(Math.Pow(1 / 6.0, 8), kept.Probability, 15);

        var turned = StraightLining.Find([.. Enumerable.Repeat(Arrangement("2|1|0"), 8)])!;
        Assert.Equal((8, false), (turned.Same, turned.KeepsOrder));
        Assert.Null(StraightLining.Find([]));
    }

    [Fact]
    public void Patterns_of_groups_of_other_sizes_could_not_have_been_the_same()
    {
        // Two of these sizes are alike, one in three by chance each; of three patterns.
        var found = StraightLining.Find(
            [Arrangement("2|0,1"), Arrangement("2|0,1"), Arrangement("2|1|0"), Arrangement("1|0|2")])!;
        Assert.Equal((2, 4, false), (found.Same, found.Of, found.KeepsOrder));
        Assert.Equal(2 / 3.0, found.Expected, 9);
        Assert.Equal(3 / 9.0, found.Probability, 9);
    }

    [Theory]
    [InlineData(2, 0.5)]
    [InlineData(4, 0.2)]
    public void Hardly_anybody_who_reads_is_conspicuous_and_whoever_skips_reading_now_and_then_is(int completions, double share)
    {
        const int Windows = 2000, Answers = 30;
        var draws = new Random(1);
        var places = Places(completions);
        int suspected = 0, found = 0;
        for (int window = 0; window < Windows; window++)
        {
            suspected += IsSuspected(0) ? 1 : 0;
            found += IsSuspected(0.5 + share) ? 1 : 0;
        }
        // Each window is suspected with a probability of at most 2e-5: two of 2,000 in one of a thousand runs.
        Assert.InRange(suspected, 0, 1);
        Assert.InRange(found, Windows * 9 / 10, Windows);

        bool IsSuspected(double straight) => StraightLining.Find([.. Enumerable.Range(0, Answers).Select(_ =>
        {
            int[] order = [.. Enumerable.Range(0, completions)];
            if (draws.NextDouble() >= straight)
                draws.Shuffle(order);
            return ShownArrangement.Create(new Answer { Ranking = [.. order.Select(i => (IReadOnlyList<int>)[i])] }, places)!;
        })])!.Probability <= PauseRules.MaxProbability;
    }

    private static ShownArrangement Arrangement(string ranking) => ShownArrangement.Create(Ranking(ranking), Places(3))!;

    private static PresentedPlaces Places(int count) =>
        PresentedPlaces.Create(Enumerable.Range(0, count).Select(i => Completion(i, $"{i}")));

    private static PresentedCompletion Completion(int index, string text) => new(index, [Message.FromText(Message.Assistant, text)], null);

    private static Answer Ranking(string groups) => new()
    {
        Ranking = [.. groups.Split('|', StringSplitOptions.RemoveEmptyEntries)
            .Select(group => (IReadOnlyList<int>)[.. group.Split(',').Select(int.Parse)])],
    };
}
