using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Regression;

/// <summary>Logistic regression by maximum likelihood with a known offset; outcomes lie in [0, 1], halves (ties) included.</summary>
/// <param name="Coefficients">One per column.</param>
/// <param name="Covariance">Model-based: the inverse of the information.</param>
/// <param name="ClusterCovariance">The sandwich over clusters without small-sample correction; null where none were given.</param>
/// <param name="LogLikelihood">Σ y ln p + (1 − y) ln(1 − p).</param>
internal sealed record LogisticRegression(Vector<double> Coefficients, Matrix<double> Covariance, Matrix<double>? ClusterCovariance,
    double LogLikelihood)
{
    /// <summary>Null where no finite maximum was found; callers tell separation beforehand.</summary>
    /// <param name="rows">The regressors of each outcome.</param>
    /// <param name="outcomes">In [0, 1].</param>
    /// <param name="offsets">Added to the logit; null is 0.</param>
    /// <param name="clusters">A number per row: equal numbers are dependent.</param>
    public static LogisticRegression? Fit(IReadOnlyList<double[]> rows, IReadOnlyList<double> outcomes,
        IReadOnlyList<double>? offsets = null,
        IReadOnlyList<int>? clusters = null)
    {
        int columns = rows[0].Length;
        double Logit(Vector<double> beta, int row)
        {
            double sum = offsets?[row] ?? 0;
            for (int c = 0; c < columns; c++)
                sum += beta[c] * rows[row][c];
            return sum;
        }
        Curvature At(Vector<double> beta)
        {
            double value = 0;
            var gradient = Vector<double>.Build.Dense(columns);
            var hessian = Matrix<double>.Build.Dense(columns, columns);
            for (int i = 0; i < rows.Count; i++)
            {
                double logit = Logit(beta, i), y = outcomes[i], residual = y - Logistic.Sigma(logit), slope = Logistic.Slope(logit);
                value += y * Logistic.LogSigma(logit) + (1 - y) * Logistic.LogSigma(-logit);
                for (int a = 0; a < columns; a++)
                {
                    gradient[a] += residual * rows[i][a];
                    for (int b = 0; b < columns; b++)
                        hessian[a, b] -= slope * rows[i][a] * rows[i][b];
                }
            }
            return new(value, gradient, hessian);
        }
        var maximum = DampedNewton.Maximize(At, Vector<double>.Build.Dense(columns));
        if (!maximum.Converged)
            return null;
        var covariance = maximum.InverseInformation();
        Matrix<double>? sandwich = null;
        if (clusters is not null)
        {
            var middle = Matrix<double>.Build.Dense(columns, columns);
            foreach (var cluster in Enumerable.Range(0, rows.Count).GroupBy(i => clusters[i]).OrderBy(cluster => cluster.Key))
            {
                var score = Vector<double>.Build.Dense(columns);
                foreach (int i in cluster)
                    score += (outcomes[i] - Logistic.Sigma(Logit(maximum.Point, i))) * Vector<double>.Build.Dense(rows[i]);
                middle += score.OuterProduct(score);
            }
            sandwich = covariance * middle * covariance;
        }
        return new(maximum.Point, covariance, sandwich, maximum.At.Value);
    }
}
