using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Ranking;

/// <summary>A choice of the winner from a set of items; the order of the others is unknown.</summary>
public sealed record Choice(int Winner, IReadOnlyList<int> Others);

/// <summary>
/// Plackett–Luce: a ranking is a sequence of choices, each the best of what is left, with P(i) = exp(s_i)/Σ exp(s_j) (Luce 1959;
/// Plackett 1975). For two items it is Bradley–Terry. It does not support ties: compare rankings with ties by their
/// pairs. Takes O(Σ (items ranked)²) over rankings per Newton step, about six steps.
/// </summary>
public static class PlackettLuce
{
    /// <param name="rankings">Items 0 … items − 1, best first, each at most once; items that were not ranked are left out.</param>
    /// <param name="items">The number of items.</param>
    /// <param name="penalty">A of the log-prior −A·Σ score²; 0 = maximum likelihood, with null scores if it has no finite maximum.</param>
    public static StrengthFit Fit(IReadOnlyList<IReadOnlyList<int>> rankings, int items, double penalty = 0) =>
        FitChoices([.. rankings.SelectMany(ChoicesOf)], items, penalty);

    /// <summary>The same from single choices, or from choices and rankings together (<see cref="ChoicesOf"/>).</summary>
    public static StrengthFit FitChoices(IReadOnlyList<Choice> choices, int items, double penalty = 0)
    {
        bool[,] better = new bool[items, items];
        // Equal choices are counted together in a canonical order, so that the input order does not matter.
        var counts = new SortedDictionary<int[], int>(Comparer<int[]>.Create(Intervals.SequenceOrder<int>.Instance.Compare));
        foreach (var choice in choices)
        {
            int[] set = [choice.Winner, .. choice.Others.Order()];
            if (set.Distinct().Count() < set.Length || set.Any(item => item < 0 || item >= items))
            {
                throw new ArgumentException(
                    $"a choice needs different items of 0 … {items - 1}; got {string.Join(", ", set)}", nameof(choices));
            }
            foreach (int other in choice.Others)
                better[choice.Winner, other] = true;
            if (choice.Others.Count > 0)
                counts[set] = counts.GetValueOrDefault(set) + 1;
        }
        return StrengthFit.Maximize(scores => LogLikelihood(counts, scores), items, Separation.Find(better), penalty);
    }

    /// <summary>The choices in a ranking: each item but the last is chosen over those after it.</summary>
    public static IEnumerable<Choice> ChoicesOf(IReadOnlyList<int> ranking) =>
        Enumerable.Range(0, Math.Max(0, ranking.Count - 1)).Select(i => new Choice(ranking[i], [.. ranking.Skip(i + 1)]));

    private static Curvature LogLikelihood(SortedDictionary<int[], int> choices, Vector<double> scores)
    {
        double value = 0;
        var gradient = Vector<double>.Build.Dense(scores.Count);
        var hessian = Matrix<double>.Build.Dense(scores.Count, scores.Count);
        foreach (var (set, count) in choices)
        {
            double largest = set.Max(item => scores[item]);
            double[] p = [.. set.Select(item => Math.Exp(scores[item] - largest))];
            double sum = p.Sum();
            value += count * (scores[set[0]] - largest - Math.Log(sum));
            gradient[set[0]] += count;
            for (int a = 0; a < set.Length; a++)
            {
                gradient[set[a]] -= count * p[a] / sum;
                hessian[set[a], set[a]] -= count * p[a] / sum;
                for (int b = 0; b < set.Length; b++)
                    hessian[set[a], set[b]] += count * p[a] * p[b] / (sum * sum);
            }
        }
        return new(value, gradient, hessian);
    }
}
