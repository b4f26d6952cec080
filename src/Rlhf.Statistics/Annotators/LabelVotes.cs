namespace Rlhf.Statistics.Annotators;

/// <summary>One annotator's label of one task, all as indices from 0.</summary>
public readonly record struct LabelVote(int Task, int Annotator, int Label);

/// <summary>Votes in a canonical order, so that sums are bit-identical for any input order.</summary>
internal sealed record LabelVotes(LabelVote[] Votes, int Tasks, int Annotators, int Labels)
{
    public static LabelVotes Create(IReadOnlyCollection<LabelVote> votes, int tasks, int annotators, int labels)
    {
        foreach (var vote in votes)
        {
            if (vote.Task < 0 || vote.Task >= tasks || vote.Annotator < 0 || vote.Annotator >= annotators || vote.Label < 0
                || vote.Label >= labels)
                throw new ArgumentException($"{vote} is outside {tasks} tasks, {annotators} annotators and {labels} labels", nameof(votes));
        }
        return new([.. votes.OrderBy(v => v.Task).ThenBy(v => v.Annotator).ThenBy(v => v.Label)], tasks, annotators, labels);
    }

    /// <summary>For each task the share of each label; zeros for a task without a vote.</summary>
    public double[][] Shares()
    {
        double[][] shares = [.. Enumerable.Range(0, Tasks).Select(_ => new double[Labels])];
        foreach (var vote in Votes)
            shares[vote.Task][vote.Label]++;
        foreach (double[] share in shares)
        {
            double sum = share.Sum();
            for (int k = 0; k < Labels && sum > 0; k++)
                share[k] /= sum;
        }
        return shares;
    }
}

/// <summary>The most likely label of a task.</summary>
/// <param name="Label">The most likely label, the first of them if tied; null without any information.</param>
/// <param name="IsTied">Whether another label is equally likely.</param>
public readonly record struct ConsensusLabel(int? Label, bool IsTied)
{
    /// <summary>Probabilities that differ by less than rounding are tied.</summary>
    internal static ConsensusLabel FromProbabilities(IReadOnlyList<double> probabilities)
    {
        double largest = probabilities.Count == 0 ? 0 : probabilities.Max();
        if (largest <= 0)
            return new(null, false);
        int[] best = [.. Enumerable.Range(0, probabilities.Count).Where(k => largest - probabilities[k] <= 1e-12)];
        return new(best[0], best.Length > 1);
    }
}

/// <summary>The label with the most votes.</summary>
public static class MajorityVote
{
    /// <summary>For each task the share of the votes that each label has; zeros for a task without a vote.</summary>
    public static double[][] Shares(IReadOnlyCollection<LabelVote> votes, int tasks, int labels) =>
        LabelVotes.Create(votes, tasks, votes.Count == 0 ? 0 : votes.Max(vote => vote.Annotator) + 1, labels).Shares();

    public static ConsensusLabel[] Labels(IReadOnlyCollection<LabelVote> votes, int tasks, int labels) =>
        [.. Shares(votes, tasks, labels).Select(ConsensusLabel.FromProbabilities)];
}
