using Rlhf.Statistics.Overoptimization;

namespace Rlhf.Statistics.Tests.Overoptimization;

public sealed class OveroptimizationTests
{
    [Fact]
    public void Agrees_with_numpy()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("overoptimisation"))
        {
            if (inputs.Member("n") is { } n)
            {
                Golden.Equal(outputs.GetProperty("kl"), BestOfN.KlDivergence(n.GetInt32()), name);
                Golden.Equal(outputs.GetProperty("kl_bits"), BestOfN.KlDivergence(n.GetInt32()) / Math.Log(2), name);
                continue;
            }
            var method = options.GetProperty("form").GetString() == "bon" ? OptimizationMethod.BestOfN : OptimizationMethod.Reinforcement;
            var fit = GoldRewardCurve.Fit(inputs.GetProperty("d").Numbers(), inputs.GetProperty("gold").Numbers(), method)!;
            Golden.Equal(outputs.GetProperty("alpha"), fit.Alpha, name);
            Golden.Equal(outputs.GetProperty("beta"), fit.Beta, name);
            Golden.Equal(outputs.GetProperty("rss"), fit.SquaredError, name);
            Golden.Equal(outputs.GetProperty("d_at_peak"), fit.DistanceAtPeak, name);
            Golden.Equal(outputs.GetProperty("gold_at_peak"), fit.GoldAtPeak, name);
        }
    }

    [Theory]
    [InlineData(OptimizationMethod.BestOfN)]
    [InlineData(OptimizationMethod.Reinforcement)]
    public void A_curve_without_noise_is_found_and_rises_where_it_has_no_peak(OptimizationMethod method)
    {
        double[] distances = [0, 0.5, 1, 2, 4];
        var planted = new GoldRewardCurve(method, 1.2, -0.1, 0);
        var fit = GoldRewardCurve.Fit(distances, [.. distances.Select(planted.At)], method)!;
        Assert.Equal(1.2, fit.Alpha, 1e-12);
        Assert.Equal(-0.1, fit.Beta, 1e-12);
        Assert.Null(fit.DistanceAtPeak);
        Assert.Null(fit.GoldAtPeak);
        Assert.Null(GoldRewardCurve.Fit([0, 1, 1], [0, 1, 1], method));
    }
}
