using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Regression;

/// <summary>Logistic regression by maximum likelihood with a known offset; outcomes are in [0, 1], so ties can be ½.</summary>
/// <param name="Coefficients">One per column.</param>
/// <param name="Covariance">Model-based covariance: the inverse of the information.</param>
/// <param name="ClusterCovariance">Cluster-robust (sandwich) covariance without small-sample correction; null without clusters.</param>
/// <param name="LogLikelihood">Σ y ln p + (1 − y) ln(1 − p).</param>
internal sealed record LogisticRegression(Vector<double> Coefficients, Matrix<double> Covariance, Matrix<double>? ClusterCovariance,
    double LogLikelihood)
{
    /// <summary>Fits the model; null if no finite maximum was found. Callers check for separation before.</summary>
    /// <param name="rows">The regressors of each outcome.</param>
    /// <param name="outcomes">The outcome of each row, in [0, 1].</param>
    /// <param name="offsets">Added to the logit; null = 0.</param>
    /// <param name="clusters">The cluster of each row; rows of a cluster are dependent.</param>
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
            // Summed as squares of each cluster's influence: covariance · middle · covariance rounds to a variance below 0 where it is 0.
            sandwich = Matrix<double>.Build.Dense(columns, columns);
            foreach (var cluster in Enumerable.Range(0, rows.Count).GroupBy(i => clusters[i]).OrderBy(cluster => cluster.Key))
            {
                var score = Vector<double>.Build.Dense(columns);
                foreach (int i in cluster)
                    score += (outcomes[i] - Logistic.Sigma(Logit(maximum.Point, i))) * Vector<double>.Build.Dense(rows[i]);
                var influence = covariance * score;
                sandwich += influence.OuterProduct(influence);
            }
        }
        return new(maximum.Point, covariance, sandwich, maximum.At.Value);
    }
}
