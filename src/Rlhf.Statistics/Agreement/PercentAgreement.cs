using Rlhf.Core.Randomness;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Agreement;

/// <summary>
/// How often two annotators of one task gave the same answer. Not corrected for chance: with two possible answers, random answers agree
/// half of the time.
/// </summary>
/// <param name="Pairs">
/// Pairs of annotators who answered the same task, over all tasks, so tasks are weighted by their number of pairs.
/// </param>
/// <param name="AgreeingPairs">Those with equal answers.</param>
/// <param name="MeanOfTasks">The mean over tasks of the share of agreeing pairs; null without a pair.</param>
/// <param name="TasksUsed">Tasks with at least two answers.</param>
/// <param name="OverPairs">
/// The share of agreeing pairs with the Wilson interval over pairs. Valid for two annotators per task. With more it is too narrow,
/// because the pairs of a task are not independent.
/// </param>
public sealed record PercentAgreement(long Pairs, long AgreeingPairs, double? MeanOfTasks, int TasksUsed, Interval OverPairs)
{
    /// <param name="tasks">The answers to each task, without missing ones.</param>
    /// <param name="confidence">Confidence level of the interval.</param>
    public static PercentAgreement Compute<T>(IReadOnlyList<IReadOnlyList<T>> tasks, double confidence = 0.95) where T : notnull
    {
        long pairs = 0, agreeing = 0;
        var shares = new List<double>();
        foreach (var (agreed, all) in tasks.Select(CountPairs).Where(count => count.Pairs > 0))
        {
            pairs += all;
            agreeing += agreed;
            shares.Add((double)agreed / all);
        }
        return new(pairs, agreeing, shares.Count == 0 ? null : shares.Order().Average(), shares.Count,
            pairs == 0 ? Interval.UndefinedBecause("no task has two answers") : WilsonInterval.Compute(agreeing, pairs, confidence));
    }

    /// <summary>
    /// The share of agreeing pairs with a valid interval: Wilson's if no task has more than two answers, else the bootstrap over tasks.
    /// </summary>
    public static Interval WithInterval<T>(IReadOnlyList<IReadOnlyList<T>> tasks, RandomStream stream,
        int replicates = ClusteredBootstrap.DefaultReplicates, double confidence = 0.95) where T : notnull
    {
        if (tasks.All(task => task.Count <= 2))
            return Compute(tasks, confidence).OverPairs;
        return ClusteredBootstrap.RatioInterval(
            [.. tasks.Select(CountPairs).Where(count => count.Pairs > 0).Select(count => ((double)count.Agreeing, (double)count.Pairs))],
            stream, replicates, confidence);
    }

    private static (long Agreeing, long Pairs) CountPairs<T>(IReadOnlyList<T> answers) where T : notnull =>
        (answers.GroupBy(answer => answer).Sum(same => PairsOf(same.LongCount())), PairsOf(answers.Count));

    private static long PairsOf(long count) => count * (count - 1) / 2;
}
