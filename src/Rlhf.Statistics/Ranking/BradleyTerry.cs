using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Ranking;

/// <summary>
/// Bradley–Terry: P(i beats j) = σ(s_i − s_j) (Bradley and Terry 1952; Zermelo 1929), with ties as half a win for each. The order of
/// outcomes does not matter. Takes O(items³) per Newton step, about six steps.
/// </summary>
public static class BradleyTerry
{
    /// <summary>The points of each pair: wins plus half the ties.</summary>
    /// <param name="wins">wins[i, j]: how often i beat j.</param>
    /// <param name="ties">Symmetric: ties[i, j] is the number of ties of i and j; null = no ties.</param>
    public static double[,] Points(int[,] wins, int[,]? ties = null)
    {
        int n = RequireSquare(wins);
        if (ties is not null && (ties.GetLength(0) != n || ties.GetLength(1) != n))
            throw new ArgumentException($"ties need the shape of wins, {n} × {n}", nameof(ties));
        double[,] points = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                if (ties is not null && ties[i, j] != ties[j, i])
                    throw new ArgumentException($"ties of {i} and {j} count {ties[i, j]} and {ties[j, i]} times: they must be the same",
                        nameof(ties));
                if (i != j)
                    points[i, j] = wins[i, j] + (ties is null ? 0 : ties[i, j] / 2.0);
            }
        }
        return points;
    }

    /// <summary>
    /// The maximum-likelihood scores, or the maximum a posteriori with a <paramref name="penalty"/>. If the data are separated, there are
    /// no scores without a penalty; the result then contains the reason, also with a penalty.
    /// </summary>
    /// <param name="points">points[i, j]: wins of i over j plus half their ties; 0 or more.</param>
    /// <param name="penalty">A of the log-prior −A·Σ score²; 0 = no prior.</param>
    public static StrengthFit Fit(double[,] points, double penalty = 0)
    {
        int n = RequireSquare(points);
        bool[,] better = new bool[n, n];
        var pairs = new List<(int First, int Second, double Wins, double Losses)>();
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                if (!(points[i, j] >= 0))
                    throw new ArgumentException($"points must be 0 or more; got {points[i, j]} for {i} over {j}", nameof(points));
                better[i, j] = i != j && points[i, j] > 0;
                if (i < j && points[i, j] + points[j, i] > 0)
                    pairs.Add((i, j, points[i, j], points[j, i]));
            }
        }
        return StrengthFit.Maximize(scores => LogLikelihood(pairs, scores), n, Separation.Find(better), penalty);
    }

    private static Curvature LogLikelihood(List<(int First, int Second, double Wins, double Losses)> pairs, Vector<double> scores)
    {
        double value = 0;
        var gradient = Vector<double>.Build.Dense(scores.Count);
        var hessian = Matrix<double>.Build.Dense(scores.Count, scores.Count);
        foreach (var (i, j, wins, losses) in pairs)
        {
            double d = scores[i] - scores[j], slope = wins * Logistic.Sigma(-d) - losses * Logistic.Sigma(d);
            double bend = (wins + losses) * Logistic.Slope(d);
            value += wins * Logistic.LogSigma(d) + losses * Logistic.LogSigma(-d);
            gradient[i] += slope;
            gradient[j] -= slope;
            hessian[i, i] -= bend;
            hessian[j, j] -= bend;
            hessian[i, j] += bend;
            hessian[j, i] += bend;
        }
        return new(value, gradient, hessian);
    }

    private static int RequireSquare(Array table) => table.GetLength(0) == table.GetLength(1)
        ? table.GetLength(0)
        : throw new ArgumentException($"a square table is needed; got {table.GetLength(0)} × {table.GetLength(1)}", nameof(table));
}
