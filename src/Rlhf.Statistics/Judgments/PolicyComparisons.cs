using Rlhf.Core.Content;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Judgments;

/// <summary>Comparisons of the policies behind completions: each pair of a ranking whose completions come from two policies.</summary>
public static class PolicyComparisons
{
    private const int MaxReplicates = 1000, MinReplicates = 100;
    private const long MaxBootstrapWork = 60_000_000;

    /// <summary>The cluster of an outcome is the task.</summary>
    public static IReadOnlyList<PairOutcome> Outcomes(IReadOnlyList<JudgedTask> tasks)
    {
        var outcomes = new List<PairOutcome>();
        for (int t = 0; t < tasks.Count; t++)
        {
            var task = tasks[t];
            if (task.Policies.Count == 0)
                continue;
            foreach (var (i, j) in task.Pairs())
            {
                int first = task.Policies[i], second = task.Policies[j];
                if (first < 0 || second < 0 || first == second)
                    continue;
                foreach (var judgment in task.Judgments)
                {
                    if (judgment.Outcome(i, j) is { } outcome)
                        outcomes.Add(new PairOutcome(t, first, second, (1 + outcome) / 2.0));
                }
            }
        }
        return outcomes;
    }

    /// <summary>Bradley–Terry scores with the bootstrap over tasks; null where fewer than two policies were compared.</summary>
    public static Leaderboard? Leaderboard(IReadOnlyList<JudgedTask> tasks, int policies, RandomStream stream)
    {
        var outcomes = Outcomes(tasks);
        if (outcomes.Count == 0)
            return null;
        int replicates = (int)Math.Clamp(MaxBootstrapWork / outcomes.Count, MinReplicates, MaxReplicates);
        return Ranking.Leaderboard.Compute(outcomes, policies, stream, replicates);
    }
}
