using Rlhf.Core.Content;

namespace Rlhf.Statistics.Judgments;

/// <summary>The outcomes of every pair of completions of a task: 1 the first is better, 0 a tie, −1 the second is better.</summary>
public static class PairUnits
{
    /// <summary>One unit per pair that at least one judgment ranks.</summary>
    public static IReadOnlyList<IReadOnlyList<double>> Create(JudgedTask task)
    {
        var units = new List<IReadOnlyList<double>>();
        foreach (var (first, second) in task.Pairs())
        {
            var unit = new List<double>(task.Judgments.Count);
            foreach (var judgment in task.Judgments)
            {
                if (judgment.Outcome(first, second) is { } outcome)
                    unit.Add(outcome);
            }
            if (unit.Count > 0)
                units.Add(unit);
        }
        return units;
    }
}
