using MathNet.Numerics.LinearAlgebra;

namespace Rlhf.Statistics.Optimization;

/// <summary>An objective at a point, with its first and second derivatives.</summary>
internal sealed record Curvature(double Value, Vector<double> Gradient, Matrix<double> Hessian);

/// <summary>The result of a maximization.</summary>
/// <param name="Point">The point.</param>
/// <param name="At">The objective there.</param>
/// <param name="Converged">Whether the gradient is 0, or no step improves the objective beyond rounding.</param>
internal sealed record Maximum(Vector<double> Point, Curvature At, bool Converged)
{
    /// <summary>(−Hessian)⁻¹: the covariance of a maximum-likelihood estimate.</summary>
    public Matrix<double> InverseInformation() => (-At.Hessian).Cholesky().Solve(Matrix<double>.Build.DenseIdentity(Point.Count));
}

/// <summary>
/// Newton's method for a maximum, with backtracking, and a damped Hessian where the objective is not concave. MathNet's NewtonMinimizer
/// takes no step there, and throws if rounding keeps the gradient above its tolerance.
/// </summary>
internal static class DampedNewton
{
    private const double LongestStep = 10;

    public static Maximum Maximize(Func<Vector<double>, Curvature> objective, Vector<double> start, int maxSteps = 500)
    {
        var point = start;
        var at = objective(point);
        for (int step = 0; step < maxSteps; step++)
        {
            if (at.Gradient.Count == 0 || at.Gradient.InfinityNorm() <= 1e-13 * (1 + Math.Abs(at.Value)))
                return new(point, at, true);
            var direction = Direction(at);
            double length = direction.InfinityNorm();
            if (length <= 1e-14 * (1 + point.InfinityNorm()))
                return new(point, at, true);
            double scale = Math.Min(1, LongestStep / length);
            (Vector<double> Point, Curvature At)? next = null;
            for (; scale * length > 1e-15 * (1 + point.InfinityNorm()) && next is null; scale /= 2)
            {
                var candidate = point + scale * direction;
                var value = objective(candidate);
                // Near the maximum a good step may seem to decrease the objective because of rounding.
                if (value.Value >= at.Value - 1e-15 * (1 + Math.Abs(at.Value)))
                    next = (candidate, value);
            }
            if (next is null)
                return new(point, at, at.Gradient.InfinityNorm() <= 1e-7 * (1 + Math.Abs(at.Value)));
            (point, at) = next.Value;
        }
        return new(point, at, at.Gradient.InfinityNorm() <= 1e-7 * (1 + Math.Abs(at.Value)));
    }

    private static Vector<double> Direction(Curvature at)
    {
        double largest = at.Hessian.Enumerate().Max(Math.Abs), damping = 0;
        while (true)
        {
            var information = -at.Hessian;
            if (damping > 0)
                information += damping * Matrix<double>.Build.DenseIdentity(information.RowCount);
            if (SolveWherePositive(information, at.Gradient) is { } direction)
                return direction;
            damping = damping == 0 ? 1e-6 * Math.Max(largest, 1e-6) : 4 * damping;
        }
    }

    private static Vector<double>? SolveWherePositive(Matrix<double> matrix, Vector<double> right)
    {
        try
        {
            var solution = matrix.Cholesky().Solve(right);
            return solution.ForAll(double.IsFinite) ? solution : null;
        }
        catch (ArgumentException)
        {
            return null; // not positive definite
        }
    }
}
