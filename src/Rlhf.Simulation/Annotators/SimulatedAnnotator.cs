using Rlhf.Core.Options;
using Rlhf.Core.Randomness;

namespace Rlhf.Simulation.Annotators;

/// <summary>
/// One simulated annotator. It sorts the completions by gold reward, treats those within its margin as ties, and then errs: its order
/// of the groups is a Mallows draw whose expected share of wrong pairs is its error rate, whatever the number of groups and the size
/// of the gold differences (so among two, the probability of the wrong order is exactly the error rate; among more, neighbors are
/// confused more often than first and last).
/// </summary>
public sealed class SimulatedAnnotator
{
    private readonly SimulatedAnnotatorOptions _options;
    private readonly IGoldReward _gold;
    private readonly RandomStream _stream;

    /// <param name="options">What all annotators have in common.</param>
    /// <param name="seed">The root seed of the stage.</param>
    /// <param name="index">Which of the <c>Count</c> annotators this is.</param>
    public SimulatedAnnotator(SimulatedAnnotatorOptions options, ulong seed, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, options.Count);
        _options = options;
        _gold = GoldRewards.Get(options.GoldReward);
        _stream = new RandomStream(seed, $"annotator/{index}");
        // −1 … 1, evenly over the annotators, so that their mean error rate is the option's to the last digit.
        double place = options.Count == 1 ? 0 : 2.0 * index / (options.Count - 1) - 1;
        ErrorRate = Math.Min(0.5, options.ErrorRate * (1 + options.ErrorSpread * place));
        Leniency = 1 + 0.3 * (2 * _stream.Uniform(uint.MaxValue) - 1);
    }

    /// <summary>The expected share of pairs that this annotator orders against the gold reward.</summary>
    public double ErrorRate { get; }

    /// <summary>
    /// Factor on the tie margin and on the step of strength, in [0.7, 1.3]: strict annotators see differences where others see ties.
    /// </summary>
    public double Leniency { get; }

    /// <summary>Ranks the completions of a prompt. <paramref name="task"/> alone says which draws are used.</summary>
    public RankingJudgment Judge(string prompt, IReadOnlyList<string> completions, uint task) =>
        Judge([.. completions.Select(completion => _gold.Score(prompt, completion))], task);

    /// <summary>The same with the gold rewards known.</summary>
    public RankingJudgment Judge(IReadOnlyList<double> gold, uint task)
    {
        // Shuffled labels judge each completion by the reward of another: ties and strength too then tell nothing.
        if (_options.ShuffleLabels)
            gold = [.. _stream.Permutation(gold.Count, task, 1).Select(i => gold[i])];
        var groups = Groups(gold);
        int[] order = Mallows.Draw(groups.Count, Mallows.Dispersion(groups.Count, ErrorRate), i => _stream.Uniform(task, 0, (uint)i));
        int[] ranks = new int[gold.Count];
        for (int place = 0; place < order.Length; place++)
        {
            foreach (int completion in groups[order[place]])
                ranks[completion] = place + 1;
        }
        return new(ranks, Strength(groups, gold));
    }

    /// <summary>Best first; a group takes in what lies within the margin below its best.</summary>
    private List<List<int>> Groups(IReadOnlyList<double> gold)
    {
        var groups = new List<List<int>>();
        foreach (int completion in Enumerable.Range(0, gold.Count).OrderByDescending(i => gold[i]))
        {
            if (groups.Count > 0 && gold[groups[^1][0]] - gold[completion] <= _options.TieMargin * Leniency)
                groups[^1].Add(completion);
            else
                groups.Add([completion]);
        }
        return groups;
    }

    /// <summary>The mean gold difference a place, in steps. It tells nothing of the order, so it is not noisy.</summary>
    private int? Strength(List<List<int>> groups, IReadOnlyList<double> gold)
    {
        if (groups.Count < 2)
            return null;
        double range = groups[0].Average(i => gold[i]) - groups[^1].Average(i => gold[i]);
        double steps = range / (groups.Count - 1) / (_options.StrengthScale * Leniency);
        return Math.Clamp((int)Math.Ceiling(steps), 1, _options.StrengthLevels);
    }
}
