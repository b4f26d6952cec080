using MathNet.Numerics.LinearAlgebra;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Optimization;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Annotators;

/// <summary>One annotator's preference of one item over another, all as indices from 0.</summary>
public readonly record struct PreferenceVote(int Annotator, int Winner, int Loser);

/// <summary>Scores of items and reliabilities of annotators.</summary>
/// <param name="Scores">Logit scores with mean 0; null if undefined, for the reason in <see cref="WhyUndefined"/>.</param>
/// <param name="Reliabilities">
/// η of each annotator: the probability of answers that follow the scores; below ½ they are mostly reversed.
/// </param>
/// <param name="LogLikelihood">Log-likelihood of the votes.</param>
/// <param name="LogPosterior">Log-likelihood plus the log-priors without their constants.</param>
public sealed record CrowdFit(IReadOnlyList<double>? Scores, IReadOnlyList<double> Reliabilities, double? LogLikelihood,
    double? LogPosterior,
    string? WhyUndefined)
{
    /// <summary>Annotators with a reliability below ½, whose answers are mostly reversed.</summary>
    public IReadOnlyList<int> Adversaries => [.. Enumerable.Range(0, Reliabilities.Count).Where(k => Reliabilities[k] < 0.5)];
}

/// <summary>The log-likelihood of votes and its derivatives with respect to scores and reliabilities.</summary>
public sealed record CrowdLikelihood(double Value, IReadOnlyList<double> ByScore, IReadOnlyList<double> ByReliability);

/// <summary>
/// Crowd-BT (Chen et al. 2013): annotator k prefers i to j with probability η_k σ(s_i − s_j) + (1 − η_k) σ(s_j − s_i). (s, η) and
/// (−s, 1 − η) are equally likely, so the model includes a prior on η that favors reliable annotators: Beta(a, b) with a &gt; b.
/// </summary>
public static class CrowdBradleyTerry
{
    private const int Starts = 24;

    /// <summary>The log-likelihood of the votes at given scores and reliabilities.</summary>
    public static CrowdLikelihood LogLikelihood(IReadOnlyCollection<PreferenceVote> votes, IReadOnlyList<double> scores,
        IReadOnlyList<double> reliabilities)
    {
        double value = 0;
        double[] byScore = new double[scores.Count], byReliability = new double[reliabilities.Count];
        foreach (var ((k, i, j), count) in Count(votes))
        {
            double eta = reliabilities[k], d = scores[i] - scores[j], right = Logistic.Sigma(d);
            double probability = eta * right + (1 - eta) * Logistic.Sigma(-d), slope = (2 * eta - 1) * Logistic.Slope(d) / probability;
            value += count * Math.Log(probability);
            byScore[i] += count * slope;
            byScore[j] -= count * slope;
            byReliability[k] += count * (2 * right - 1) / probability;
        }
        return new(value, byScore, byReliability);
    }

    /// <summary>The maximum-likelihood scores for known reliabilities; η = 1 is Bradley–Terry.</summary>
    public static CrowdFit FitScores(IReadOnlyCollection<PreferenceVote> votes, int items, IReadOnlyList<double> reliabilities)
    {
        var counts = Count(votes);
        var start = BradleyTerry.Fit(Points(counts, items, [.. reliabilities.Select(eta => eta < 0.5)]), 0.1);
        var maximum = DampedNewton.Maximize(scores =>
        {
            double sum = scores.Sum(), value = -sum * sum / (2 * items);
            var gradient = Vector<double>.Build.Dense(items, -sum / items);
            var hessian = Matrix<double>.Build.Dense(items, items, -1.0 / items);
            foreach (var ((k, i, j), count) in counts)
            {
                double eta = reliabilities[k], d = scores[i] - scores[j], bend = Logistic.Slope(d) * (1 - 2 * Logistic.Sigma(d));
                double p = eta * Logistic.Sigma(d) + (1 - eta) * Logistic.Sigma(-d), first = (2 * eta - 1) * Logistic.Slope(d) / p;
                double second = count * ((2 * eta - 1) * bend / p - first * first);
                value += count * Math.Log(p);
                gradient[i] += count * first;
                gradient[j] -= count * first;
                hessian[i, i] += second;
                hessian[j, j] += second;
                hessian[i, j] -= second;
                hessian[j, i] -= second;
            }
            return new(value, gradient, hessian);
        }, Vector<double>.Build.DenseOfEnumerable(start.Scores!));
        // If the likelihood is flat up to rounding, a score diverges.
        if (!maximum.Converged || (-maximum.At.Hessian).Evd(Symmetricity.Symmetric).EigenValues.Any(value => value.Real < 1e-8))
            return new(null, reliabilities, null, null, start.Separation?.ToString() ?? "the scores have no finite maximum");
        double[] fitted = [.. maximum.Point - maximum.Point.Average()];
        double likelihood = LogLikelihood(votes, fitted, reliabilities).Value;
        return new(fitted, reliabilities, likelihood, likelihood, null);
    }

    /// <summary>
    /// Fits scores and reliabilities jointly, at the maximum of ln P(votes) − A·Σ score² + Σ_k [(a − 1) ln η_k + (b − 1) ln(1 − η_k)]. It
    /// is not concave: the result is the best of at least 24 starts, which depend only on the votes (no, one or several adversaries).
    /// </summary>
    /// <param name="votes">In any order.</param>
    /// <param name="items">The number of items.</param>
    /// <param name="annotators">The number of annotators.</param>
    /// <param name="penalty">A, above 0.</param>
    /// <param name="a">
    /// First parameter of the Beta prior, above 1. Beta(3, 1.5) finds an η of 0.05 with 50 votes; Beta(10, 2) with 30 does not.
    /// </param>
    /// <param name="b">Second parameter of the Beta prior, above 1.</param>
    public static CrowdFit Fit(IReadOnlyCollection<PreferenceVote> votes, int items, int annotators, double penalty = 0.05, double a = 3,
        double b = 1.5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(a, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(b, 1);
        var counts = Count(votes);
        Curvature At(Vector<double> point) => LogPosterior(counts, point, items, penalty, a, b);
        var best = AdverseSets(annotators)
            .Select(adverse =>
            {
                var scores = BradleyTerry.Fit(Points(counts, items, adverse), Math.Max(penalty, 0.1)).Scores!;
                double reliable = Math.Log(a / b);
                return DampedNewton.Maximize(At, Vector<double>.Build.Dense(items + annotators,
                    i => i < items ? scores[i] : adverse[i - items] ? -reliable : reliable));
            })
            .MaxBy(maximum => maximum.At.Value)!;
        double[] fitted = [.. best.Point.Take(items)], eta = [.. best.Point.Skip(items).Select(Logistic.Sigma)];
        return new(fitted, eta, LogLikelihood(votes, fitted, eta).Value, best.At.Value, null);
    }

    /// <summary>In (scores, ln(η/(1 − η))).</summary>
    private static Curvature LogPosterior(SortedDictionary<(int Annotator, int Winner, int Loser), int> counts, Vector<double> point,
        int items,
        double penalty, double a, double b)
    {
        double value = 0;
        var gradient = Vector<double>.Build.Dense(point.Count);
        var hessian = Matrix<double>.Build.Dense(point.Count, point.Count);
        for (int i = 0; i < point.Count; i++)
        {
            double x = point[i];
            value += i < items ? -penalty * x * x : (a - 1) * Logistic.LogSigma(x) + (b - 1) * Logistic.LogSigma(-x);
            gradient[i] = i < items ? -2 * penalty * x : (a - 1) * Logistic.Sigma(-x) - (b - 1) * Logistic.Sigma(x);
            hessian[i, i] = i < items ? -2 * penalty : -(a + b - 2) * Logistic.Slope(x);
        }
        foreach (var ((k, i, j), count) in counts)
        {
            double d = point[i] - point[j], right = Logistic.Sigma(d), slope = Logistic.Slope(d), bend = slope * (1 - 2 * right);
            double t = point[items + k], eta = Logistic.Sigma(t), etaSlope = Logistic.Slope(t), etaBend = etaSlope * (1 - 2 * eta);
            double sign = 2 * eta - 1, lead = 2 * right - 1;
            // The third variable of the term is not used: its derivatives are 0.
            value += new MixtureTerm(i, j, items + k, items + k).Add(count, eta * right + (1 - eta) * Logistic.Sigma(-d),
                (sign * slope, etaSlope * lead, 0), (sign * bend, etaBend * lead, 0, 2 * etaSlope * slope, 0, 0), gradient, hessian);
        }
        return new(value, gradient, hessian);
    }

    private static IEnumerable<bool[]> AdverseSets(int annotators)
    {
        yield return new bool[annotators];
        for (int k = 0; k < annotators; k++)
            yield return [.. Enumerable.Range(0, annotators).Select(i => i == k)];
        var stream = new RandomStream(0, "crowd-bt/starts");
        for (int start = annotators + 1; start < Starts; start++)
            yield return [.. Enumerable.Range(0, annotators).Select(i => stream.Uniform((uint)start, (uint)i) < 1.0 / 3)];
    }

    private static double[,] Points(SortedDictionary<(int Annotator, int Winner, int Loser), int> counts, int items, bool[] adverse)
    {
        double[,] points = new double[items, items];
        foreach (var ((k, i, j), count) in counts)
            points[adverse[k] ? j : i, adverse[k] ? i : j] += count;
        return points;
    }

    private static SortedDictionary<(int Annotator, int Winner, int Loser), int> Count(IReadOnlyCollection<PreferenceVote> votes)
    {
        var counts = new SortedDictionary<(int Annotator, int Winner, int Loser), int>();
        foreach (var (annotator, winner, loser) in votes)
        {
            if (winner == loser)
                throw new ArgumentException($"a vote needs two different items; got {winner} twice", nameof(votes));
            counts[(annotator, winner, loser)] = counts.GetValueOrDefault((annotator, winner, loser)) + 1;
        }
        return counts;
    }
}
