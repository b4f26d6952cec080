using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Ranking;

/// <summary>Somebody chose the winner among itself and the others; nothing is said about the order of the others.</summary>
public sealed record Choice(int Winner, IReadOnlyList<int> Others);

/// <summary>
/// Plackett–Luce: a ranking is a sequence of choices, each the best of what is left, with P(i) = exp(s_i)/Σ exp(s_j) (Luce 1959;
/// Plackett 1975). For two items it is Bradley–Terry. Ties have no place in it: compare rankings with ties by their
/// pairs. Cost: Σ (items ranked)² over rankings for each of about six Newton steps.
/// </summary>
public static class PlackettLuce
{
    /// <param name="rankings">Items 0 … items − 1, best first, each at most once; items that were not ranked are left out.</param>
    /// <param name="items">The number of items.</param>
    /// <param name="penalty">A of the prior −A·Σ score²; 0 is maximum likelihood, null scores where it has no finite maximum.</param>
    public static StrengthFit Fit(IReadOnlyList<IReadOnlyList<int>> rankings, int items, double penalty = 0) =>
        FitChoices([.. rankings.SelectMany(ChoicesOf)], items, penalty);

    /// <summary>The same from single choices, or from choices and rankings together (<see cref="ChoicesOf"/>).</summary>
    public static StrengthFit FitChoices(IReadOnlyList<Choice> choices, int items, double penalty = 0)
    {
        bool[,] better = new bool[items, items];
        // Equal choices count together, in an order of their own: the order in which they came does not matter.
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

    /// <summary>The choices that a ranking consists of; the last item alone is none.</summary>
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
