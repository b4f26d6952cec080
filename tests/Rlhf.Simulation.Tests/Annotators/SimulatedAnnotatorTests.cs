using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Simulation.Annotators;
using Rlhf.Simulation.Reviews;

namespace Rlhf.Simulation.Tests.Annotators;

public sealed class SimulatedAnnotatorTests
{
    private static readonly SimulatedAnnotatorOptions Options = new();

    /// <summary>The share of strictly ordered pairs that stand against the gold reward.</summary>
    private static double WrongShare(SimulatedAnnotatorOptions options, int completions, int tasks, Func<int, int, double> gold)
    {
        var annotators = Enumerable.Range(0, options.Count).Select(index => new SimulatedAnnotator(options, 9, index)).ToArray();
        int wrong = 0, ordered = 0;
        for (int task = 0; task < tasks; task++)
        {
            double[] rewards = [.. Enumerable.Range(0, completions).Select(i => gold(task, i))];
            var ranks = annotators[task % annotators.Length].Judge(rewards, (uint)task).Ranks;
            for (int i = 0; i < completions; i++)
            {
                for (int j = 0; j < completions; j++)
                {
                    if (ranks[i] < ranks[j])
                    {
                        ordered++;
                        wrong += rewards[i] < rewards[j] ? 1 : 0;
                    }
                }
            }
        }
        return (double)wrong / ordered;
    }

    [Theory]
    [InlineData(2, 0.15)]
    [InlineData(4, 0.15)]
    [InlineData(8, 0.15)]
    [InlineData(4, 0.0)]
    [InlineData(4, 0.4)]
    public void The_share_of_wrong_pairs_is_the_error_rate(int completions, double rate)
    {
        var stream = new RandomStream(3, "gold");
        double share = WrongShare(
            Options with { ErrorRate = rate }, completions, 8000, (task, i) => 5 + 3 * stream.Normal((uint)task, (uint)i));
        Assert.Equal(rate, share, 0.01);
    }

    [Fact]
    public void So_it_is_on_documents_of_the_corpus()
    {
        double[] gold = [.. ReviewGrammar.Documents(21, 2000).Select(d => ReviewReward.Judge(d.Prompt, d.Completion).Score)];
        Assert.Equal(0.15, WrongShare(Options, 4, 8000, (task, i) => gold[(task * 7 + i * 501) % gold.Length]), 0.01);
    }

    [Fact]
    public void Shuffled_labels_are_right_half_of_the_time()
    {
        var stream = new RandomStream(3, "gold");
        Assert.Equal(0.5, WrongShare(
            Options with { ShuffleLabels = true }, 4, 8000, (task, i) => stream.Normal((uint)task, (uint)i)), 0.012);
    }

    [Fact]
    public void Equals_tie_and_ranks_leave_none_out()
    {
        var annotator = new SimulatedAnnotator(Options with { ErrorRate = 0, TieMargin = 0.1 }, 1, 0);
        var judgment = annotator.Judge([2.0, 9.01, 9.0, 5.0], 0);
        Assert.Equal([3, 1, 1, 2], judgment.Ranks);
        var all = annotator.Judge([4.0, 4.0], 0);
        Assert.Equal([1, 1], all.Ranks);
        Assert.Null(all.Strength);
    }

    [Fact]
    public void Strength_rises_with_the_gold_difference()
    {
        var annotator = new SimulatedAnnotator(Options, 1, 2);
        Assert.Equal(1, annotator.Judge([1.0, 1.5], 0).Strength);
        Assert.Equal(Options.StrengthLevels, annotator.Judge([1.0, 9.5], 0).Strength);
    }

    [Fact]
    public void A_judgment_is_a_function_of_seed_annotator_and_task()
    {
        double[] gold = [1, 2, 3, 4, 5, 6, 7];
        var annotator = new SimulatedAnnotator(Options, 4, 1);
        var again = new SimulatedAnnotator(Options, 4, 1);
        var judgments = Enumerable.Range(0, 40).Select(task => string.Join(',', annotator.Judge(gold, (uint)task).Ranks)).ToList();
        Assert.Equal(judgments.AsEnumerable().Reverse(),
            Enumerable.Range(0, 40).Reverse().Select(task => string.Join(',', again.Judge(gold, (uint)task).Ranks)));
        Assert.True(judgments.Distinct().Count() > 20);
    }

    [Fact]
    public void Annotators_differ_around_the_common_error_rate()
    {
        var rates = Enumerable.Range(0, 5).Select(index => new SimulatedAnnotator(Options, 1, index).ErrorRate).ToList();
        Assert.Equal(0.15, rates.Average(), 1e-12);
        Assert.Equal(0.15 * 0.7, rates.Min(), 1e-12);
        Assert.Equal(0.15 * 1.3, rates.Max(), 1e-12);
    }
}
