using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Ranking;

/// <summary>Scores and the parameter of ties.</summary>
/// <param name="Scores">Logit scores with mean 0; null if undefined, for the reason in <see cref="WhyUndefined"/>.</param>
/// <param name="TieParameter">θ ≥ 1 of Rao–Kupper, ν ≥ 0 of Davidson.</param>
/// <param name="LogLikelihood">Log-likelihood of the outcomes, without multinomial coefficients.</param>
/// <param name="WhyUndefined">The reason why there is no finite maximum in the range of the parameters.</param>
/// <param name="WithoutTies">The Bradley–Terry fit, if there are no ties; else null.</param>
public sealed record TieFit(IReadOnlyList<double>? Scores, double? TieParameter, double? LogLikelihood, string? WhyUndefined,
    StrengthFit? WithoutTies);

/// <summary>Probabilities of the three outcomes of a comparison.</summary>
public sealed record OutcomeProbabilities(double FirstWins, double SecondWins, double Tie);

/// <summary>
/// Models of paired comparisons with ties as a separate outcome, fitted by maximum likelihood; both objectives are concave.
/// </summary>
public static class TieModels
{
    /// <summary>
    /// P(i beats j) = σ(s_i − s_j − ln θ), else a tie (Rao and Kupper 1967): differences below ln θ are not noticed.
    /// </summary>
    public static TieFit RaoKupper(int[,] wins, int[,] ties) => Fit(wins, ties, RaoKupperPair, 1);

    /// <summary>
    /// P(tie)/√(P(i beats j)·P(j beats i)) = ν (Davidson 1970); the scores depend only on wins plus half the ties.
    /// </summary>
    public static TieFit Davidson(int[,] wins, int[,] ties) => Fit(wins, ties, DavidsonPair, 0);

    /// <param name="difference">s_i − s_j.</param>
    /// <param name="theta">The tie parameter.</param>
    public static OutcomeProbabilities RaoKupper(double difference, double theta)
    {
        double first = Logistic.Sigma(difference - Math.Log(theta)), second = Logistic.Sigma(-difference - Math.Log(theta));
        return new(first, second, 1 - first - second);
    }

    /// <param name="difference">s_i − s_j.</param>
    /// <param name="nu">The tie parameter.</param>
    public static OutcomeProbabilities Davidson(double difference, double nu)
    {
        double first = Math.Exp(difference / 2), second = Math.Exp(-difference / 2), sum = first + second + nu;
        return new(first / sum, second / sum, nu / sum);
    }

    /// <summary>
    /// Value, gradient and Hessian of one pair's outcomes in (d, u): the difference of scores and ln of the tie parameter.
    /// </summary>
    private delegate (double Value, double D, double U, double DD, double DU, double UU) PairLikelihood(
        double wins, double losses, double ties, double d, double u);

    private static TieFit Fit(int[,] wins, int[,] ties, PairLikelihood pair, double startingParameter)
    {
        int n = wins.GetLength(0);
        double[,] points = BradleyTerry.Points(wins, ties);
        if (!ties.Cast<int>().Any(count => count > 0))
            return new(null, null, null, "no tie was seen: the model is Bradley–Terry", BradleyTerry.Fit(points));
        if (!wins.Cast<int>().Any(count => count > 0))
            return new(null, null, null, "only ties were seen: the tie parameter has no finite maximum", null);
        if (BradleyTerry.Fit(points).Separation is { } separation)
            return new(null, null, null, separation.ToString(), null);
        var maximum = DampedNewton.Maximize(at => LogLikelihood(wins, ties, pair, at),
            Vector<double>.Build.Dense(n + 1, i => i == n ? startingParameter : 0));
        var scores = maximum.Point.SubVector(0, n);
        return new([.. scores - scores.Average()], Math.Exp(maximum.Point[n]), maximum.At.Value, null, null);
    }

    private static Curvature LogLikelihood(int[,] wins, int[,] ties, PairLikelihood pair, Vector<double> at)
    {
        int n = wins.GetLength(0);
        double sum = at.SubVector(0, n).Sum(), value = -sum * sum / (2 * n);
        var gradient = Vector<double>.Build.Dense(n + 1, i => i < n ? -sum / n : 0);
        var hessian = Matrix<double>.Build.Dense(n + 1, n + 1, (i, j) => i < n && j < n ? -1.0 / n : 0);
        for (int i = 0; i < n; i++)
        {
            for (int j = i + 1; j < n; j++)
            {
                if (wins[i, j] + wins[j, i] + ties[i, j] == 0)
                    continue;
                var (v, d, u, dd, du, uu) = pair(wins[i, j], wins[j, i], ties[i, j], at[i] - at[j], at[n]);
                value += v;
                gradient[i] += d;
                gradient[j] -= d;
                gradient[n] += u;
                hessian[i, i] += dd;
                hessian[j, j] += dd;
                hessian[i, j] -= dd;
                hessian[j, i] -= dd;
                hessian[i, n] += du;
                hessian[n, i] += du;
                hessian[j, n] -= du;
                hessian[n, j] -= du;
                hessian[n, n] += uu;
            }
        }
        return new(value, gradient, hessian);
    }

    private static (double, double, double, double, double, double) RaoKupperPair(double wins, double losses, double ties, double d,
        double u)
    {
        double win = d - u, loss = -d - u, upper = Logistic.Slope(d + u), lower = Logistic.Slope(d - u);
        double tie = Logistic.Sigma(d + u) - Logistic.Sigma(d - u);
        // The model requires ln θ > 0.
        if (u <= 0 || (ties > 0 && tie <= 0))
            return (double.NegativeInfinity, 0, 0, 0, 0, 0);
        double value = Log(wins, Logistic.LogSigma(win)) + Log(losses, Logistic.LogSigma(loss)) + (ties > 0 ? ties * Math.Log(tie) : 0);
        double ofWin = wins * Logistic.Sigma(-win), ofLoss = losses * Logistic.Sigma(-loss);
        double bendWin = wins * Logistic.Slope(win), bendLoss = losses * Logistic.Slope(loss);
        // Derivatives of σ(d + u) − σ(d − u).
        double byD = (upper - lower) / tie, byU = (upper + lower) / tie;
        double bendUpper = upper * (1 - 2 * Logistic.Sigma(d + u)), bendLower = lower * (1 - 2 * Logistic.Sigma(d - u));
        double twice = (bendUpper - bendLower) / tie, mixed = (bendUpper + bendLower) / tie;
        return (value, ofWin - ofLoss + ties * byD, -ofWin - ofLoss + ties * byU,
            -bendWin - bendLoss + ties * (twice - byD * byD), bendWin - bendLoss + ties * (mixed - byD * byU),
            -bendWin - bendLoss + ties * (twice - byU * byU));
    }

    private static (double, double, double, double, double, double) DavidsonPair(double wins, double losses, double ties, double d,
        double u)
    {
        double largest = Math.Max(Math.Abs(d) / 2, u);
        double first = Math.Exp(d / 2 - largest), second = Math.Exp(-d / 2 - largest), tie = Math.Exp(u - largest);
        double sum = first + second + tie, n = wins + losses + ties, p = first / sum, q = second / sum, t = tie / sum;
        double value = wins * d / 2 - losses * d / 2 + ties * u - n * (largest + Math.Log(sum));
        return (value, (wins - losses - n * (p - q)) / 2, ties - n * t, -n * (p + q - (p - q) * (p - q)) / 4, n * (p - q) * t / 2,
            -n * t * (1 - t));
    }

    private static double Log(double count, double logarithm) => count == 0 ? 0 : count * logarithm;
}
