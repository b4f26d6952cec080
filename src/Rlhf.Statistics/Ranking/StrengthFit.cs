using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Ranking;

/// <summary>Strengths of items on the logit scale, from Bradley–Terry or Plackett–Luce.</summary>
/// <param name="Scores">One score per item, with mean 0; null if the likelihood has no finite maximum and there is no prior.</param>
/// <param name="LogLikelihood">Log-likelihood of the outcomes, without the prior.</param>
/// <param name="Covariance">
/// Covariance of the scores: the pseudo-inverse of the observed information (with a prior, of the posterior). It assumes independent
/// outcomes. Several votes on one prompt are not independent: report the clustered bootstrap instead.
/// </param>
/// <param name="Separation">Why the data alone has no finite maximum; null where it has one. Also given where a prior gives scores.</param>
/// <param name="Penalty">A of the log-prior −A·Σ score², which is normal with variance 1/(2A); 0 = maximum likelihood.</param>
public sealed record StrengthFit(IReadOnlyList<double>? Scores, double? LogLikelihood, double[,]? Covariance, Separation? Separation,
    double Penalty)
{
    /// <summary>The scores in Elo points with this <paramref name="mean"/>, at 400/ln 10 points per unit.</summary>
    public double[]? Elo(double mean = EloScale.DefaultBase) => Scores is null ? null : EloScale.FromScores(Scores, mean);

    /// <summary>P(first is better than second).</summary>
    public double? WinProbability(int first, int second) => Scores is null ? null : Logistic.Sigma(Scores[first] - Scores[second]);

    /// <summary>P(item is best of all): softmax of the scores.</summary>
    public double[]? ProbabilityOfBest()
    {
        if (Scores is null)
            return null;
        double largest = Scores.Count == 0 ? 0 : Scores.Max(), sum = Scores.Sum(score => Math.Exp(score - largest));
        return [.. Scores.Select(score => Math.Exp(score - largest) / sum)];
    }

    public double? StandardError(int item) => Covariance is null ? null : Math.Sqrt(Covariance[item, item]);

    public double? StandardErrorOfDifference(int first, int second) => Covariance is null ? null
        : Math.Sqrt(Math.Max(0, Covariance[first, first] + Covariance[second, second] - 2 * Covariance[first, second]));

    /// <summary>The fit of an objective without a gauge: only differences of scores count.</summary>
    internal static StrengthFit Maximize(Func<Vector<double>, Curvature> logLikelihood, int items, Separation? separation, double penalty)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(penalty);
        if (items == 0)
            return new([], 0, new double[0, 0], null, penalty);
        if (separation is not null && penalty == 0)
            return new(null, null, null, separation, penalty);
        double mean = 1.0 / items;
        var maximum = DampedNewton.Maximize(scores =>
        {
            // −A·Σs² is the log-prior. Without it, −(Σs)²/2n fixes the mean at 0, where the term is 0.
            var at = logLikelihood(scores);
            var gauge = penalty > 0
                ? 2 * penalty * Matrix<double>.Build.DenseIdentity(items)
                : Matrix<double>.Build.Dense(items, items, mean);
            var pull = gauge * scores;
            return new(at.Value - scores * pull / 2, at.Gradient - pull, at.Hessian - gauge);
        }, Vector<double>.Build.Dense(items));
        var covariance = maximum.InverseInformation();
        if (penalty == 0)
            covariance -= Matrix<double>.Build.Dense(items, items, mean);
        double center = maximum.Point.Average();
        return new([.. maximum.Point.Select(score => score - center)], logLikelihood(maximum.Point).Value, covariance.ToArray(),
            separation, penalty);
    }
}
