using MathNet.Numerics.LinearAlgebra;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Optimization;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Annotators;

/// <summary>One annotator's choice between a left and a right item.</summary>
public readonly record struct SidedVote(int Annotator, int Left, int Right, bool ChoseLeft);

/// <summary>Scores of items, and position bias and skill of annotators.</summary>
/// <param name="Scores">Logit scores of the items.</param>
/// <param name="Biases">q of each annotator: an answer by position is "left" with probability σ(q).</param>
/// <param name="Skills">γ of each annotator: an answer follows the scores with probability σ(γ), else the position.</param>
/// <param name="LogPosterior">ln P(votes) − A·(Σ score² + Σ q² + Σ γ²).</param>
public sealed record PositionBiasFit(IReadOnlyList<double> Scores, IReadOnlyList<double> Biases, IReadOnlyList<double> Skills,
    double LogPosterior);

/// <summary>
/// Bradley–Terry with annotators who sometimes answer by position (Bugakova et al. 2019): P = σ(γ_k) σ(±(s_left − s_right)) +
/// (1 − σ(γ_k)) σ(±q_k), + if left was chosen.
/// </summary>
public static class NoisyBradleyTerry
{
    private const int Starts = 24;

    /// <summary>The best fit of at least 24 starts, which depend only on the votes: the objective is not concave.</summary>
    /// <param name="votes">In any order.</param>
    /// <param name="items">The number of items.</param>
    /// <param name="annotators">The number of annotators.</param>
    /// <param name="penalty">A, above 0.</param>
    public static PositionBiasFit Fit(IReadOnlyCollection<SidedVote> votes, int items, int annotators, double penalty = 0.05)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        var counts = new SortedDictionary<(int Annotator, int Left, int Right, bool ChoseLeft), int>();
        double[,] points = new double[items, items];
        foreach (var (annotator, left, right, choseLeft) in votes)
        {
            if (left == right)
                throw new ArgumentException($"a vote needs two different items; got {left} twice", nameof(votes));
            counts[(annotator, left, right, choseLeft)] = counts.GetValueOrDefault((annotator, left, right, choseLeft)) + 1;
            points[choseLeft ? left : right, choseLeft ? right : left]++;
        }
        var scores = BradleyTerry.Fit(points, Math.Max(penalty, 0.1)).Scores!;
        var best = StartingSkills(annotators)
            .Select(start => DampedNewton.Maximize(point => LogPosterior(counts, point, items, annotators, penalty),
                Vector<double>.Build.Dense(items + 2 * annotators, i => i < items ? scores[i] : start[i - items])))
            .MaxBy(maximum => maximum.At.Value)!;
        double[] parameters = [.. best.Point];
        return new(parameters[..items], parameters[items..(items + annotators)], parameters[(items + annotators)..], best.At.Value);
    }

    /// <summary>In (scores, q, γ).</summary>
    private static Curvature LogPosterior(SortedDictionary<(int Annotator, int Left, int Right, bool ChoseLeft), int> counts,
        Vector<double> point,
        int items, int annotators, double penalty)
    {
        double value = -penalty * (point * point);
        var gradient = -2 * penalty * point;
        var hessian = -2 * penalty * Matrix<double>.Build.DenseIdentity(point.Count);
        foreach (var ((k, left, right, choseLeft), count) in counts)
        {
            int bias = items + k, skill = items + annotators + k, chosen = choseLeft ? left : right, other = choseLeft ? right : left;
            double side = choseLeft ? 1 : -1, d = point[chosen] - point[other], q = side * point[bias], gamma = point[skill];
            double looks = Logistic.Sigma(gamma), byScore = Logistic.Sigma(d), bySide = Logistic.Sigma(q);
            double looksSlope = Logistic.Slope(gamma), scoreSlope = Logistic.Slope(d), sideSlope = Logistic.Slope(q);
            value += new MixtureTerm(chosen, other, bias, skill).Add(count, looks * byScore + Logistic.Sigma(-gamma) * bySide,
                (looks * scoreSlope, (1 - looks) * side * sideSlope, looksSlope * (byScore - bySide)),
                (looks * scoreSlope * (1 - 2 * byScore), (1 - looks) * sideSlope * (1 - 2 * bySide),
                    looksSlope * (1 - 2 * looks) * (byScore - bySide), 0, looksSlope * scoreSlope, -looksSlope * side * sideSlope),
                gradient, hessian);
        }
        return new(value, gradient, hessian);
    }

    /// <summary>Starting values of q and γ of all annotators: none, one or several annotators answer by position.</summary>
    private static IEnumerable<double[]> StartingSkills(int annotators)
    {
        double[] Start(Func<int, double> bias, Func<int, double> skill) =>
            [.. Enumerable.Range(0, annotators).Select(bias), .. Enumerable.Range(0, annotators).Select(skill)];
        yield return Start(_ => 0, _ => 1);
        for (int k = 0; k < annotators; k++)
        {
            yield return Start(i => i == k ? 1 : 0, i => i == k ? -1 : 1);
            yield return Start(i => i == k ? -1 : 0, i => i == k ? -1 : 1);
        }
        var stream = new RandomStream(0, "noisy-bt/starts");
        for (int start = 2 * annotators + 1; start < Starts; start++)
            yield return Start(i => stream.Normal((uint)start, (uint)i, 0), i => 1 + stream.Normal((uint)start, (uint)i, 1));
    }
}
