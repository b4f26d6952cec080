using MathNet.Numerics.LinearAlgebra;
using Rlhf.Statistics.Optimization;

namespace Rlhf.Statistics.Tests.Optimization;

public sealed class DampedNewtonTests
{
    [Fact]
    public void A_full_step_that_overshoots_is_shortened()
    {
        // −ln cosh x: from beyond 1.09 the full steps of Newton's method grow without end.
        var maximum = Maximize(x => (-Math.Log(Math.Cosh(x)), -Math.Tanh(x), -1 / (Math.Cosh(x) * Math.Cosh(x))), 2);
        Assert.True(maximum.Converged);
        Assert.Equal(0, maximum.Point[0], 1e-9);
    }

    [Fact]
    public void Where_the_objective_is_not_concave_it_still_climbs()
    {
        // −(x² − 1)²: a valley at 0, tops at ±1.
        var maximum = Maximize(x => (-(x * x - 1) * (x * x - 1), -4 * x * (x * x - 1), 4 - 12 * x * x), 0.1);
        Assert.True(maximum.Converged);
        Assert.Equal(1, maximum.Point[0], 1e-9);
    }

    [Fact]
    public void A_maximum_at_infinity_has_not_converged_after_few_steps() =>
        Assert.False(Maximize(x => (Logistic.LogSigma(x), Logistic.Sigma(-x), -Logistic.Slope(x)), 0, maxSteps: 5).Converged);

    private static Maximum Maximize(Func<double, (double Value, double Slope, double Bend)> function, double start, int maxSteps = 500) =>
        DampedNewton.Maximize(point =>
        {
            var (value, slope, bend) = function(point[0]);
            return new(value, Vector<double>.Build.Dense(1, slope), Matrix<double>.Build.Dense(1, 1, bend));
        }, Vector<double>.Build.Dense(1, start), maxSteps);
}
