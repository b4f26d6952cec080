using CsCheck;
using Rlhf.Statistics.Comparison;

namespace Rlhf.Statistics.Tests.Comparison;

public sealed class LengthControlledWinRateTests
{
    [Fact]
    public void Agrees_with_statsmodels()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("length_controlled"))
        {
            double[] outcomes = inputs.GetProperty("outcome").Numbers(), differences = inputs.GetProperty("length_difference").Numbers();
            double[]? offsets = inputs.Member("offset")?.Numbers();
            int[]? prompts = inputs.Member("prompt")?.Integers();
            var transform = Enum.Parse<LengthTransform>(options.GetProperty("transform").GetString()!, ignoreCase: true);
            var actual = LengthControlledWinRate.Compute(outcomes, differences, transform, offsets, prompts);
            Golden.Equal(outputs.GetProperty("length_controlled_win_rate"), actual.Rate.Value, name, Golden.FitTolerance);
            Assert.Equal(actual.Rate.Value is null, actual.Rate.WhyUndefined is not null);
            if (outputs.TryGetProperty("slope", out var slope))
                Golden.Equal(slope, actual.Slope, name + ", slope", Golden.FitTolerance);
            foreach (var (key, value) in new[]
            {
                ("intercept", actual.Intercept), ("raw_win_rate", actual.RawRate), ("se_intercept", actual.InterceptError),
                ("se_slope", actual.SlopeError), ("log_likelihood", actual.LogLikelihood), ("sd_used", actual.LengthDeviation),
                ("cluster_se_intercept", actual.ClusteredInterceptError), ("cluster_se_slope", actual.ClusteredSlopeError),
            })
            {
                if (outputs.Member(key) is { } expected)
                    Golden.Equal(expected, value, $"{name}, {key}", Golden.FitTolerance);
            }
            if (outputs.Member("wald95") is { } wald)
                Golden.Equal(wald, actual.Rate, name, Golden.FitTolerance);
            if (outputs.Member("swapped_length_controlled_win_rate") is { } swapped)
                Golden.Equal(swapped, Swapped(outcomes, differences, transform, offsets, prompts).Rate.Value, name + ", swapped",
                    Golden.FitTolerance);
        }
    }

    private static LengthControlledWinRate Swapped(double[] outcomes, double[] differences, LengthTransform transform, double[]? offsets,
        int[]? prompts) =>
        LengthControlledWinRate.Compute([.. outcomes.Select(y => 1 - y)], [.. differences.Select(d => -d)], transform,
            offsets is null ? null : [.. offsets.Select(o => -o)], prompts);

    [Fact]
    public void Swapping_the_models_gives_the_complement_and_undefined_is_told() =>
        Gen.Select(Gen.Select(Gen.Int[0, 2], Gen.Int[-3, 3]).Array[0, 12], Gen.Enum<LengthTransform>()).Sample((rows, transform) =>
        {
            double[] outcomes = [.. rows.Select(r => r.Item1 / 2.0)], differences = [.. rows.Select(r => (double)r.Item2)];
            int[] prompts = [.. rows.Select((_, i) => i / 2)];
            var one = LengthControlledWinRate.Compute(outcomes, differences, transform, clusters: prompts);
            var other = Swapped(outcomes, differences, transform, null, prompts);
            return one.Rate.Value is { } rate
                ? double.IsFinite(rate) && Math.Abs(rate - (1 - other.Rate.Value!.Value)) < 1e-7
                    && double.IsFinite(one.ClusteredRate!.High!.Value)
                    && Math.Abs(one.Rate.Low!.Value - (1 - other.Rate.High!.Value)) < 1e-7
                : one.Rate.WhyUndefined is not null && other.Rate.Value is null;
        });

    /// <summary>Only a tie was seen at equal lengths: the intercept is 0 whatever the clusters are, and its error is 0.</summary>
    [Fact]
    public void A_clustered_error_of_0_is_a_number()
    {
        var actual = LengthControlledWinRate.Compute([0.5, 1, 0.5], [0, -1, -1], LengthTransform.Tanh, clusters: [0, 0, 1]);
        Assert.Equal(0, actual.ClusteredInterceptError!.Value, 1e-7);
        Assert.Equal(0.5, actual.ClusteredRate!.Low!.Value, 1e-7);
        Assert.Equal(0.5, actual.ClusteredRate.High!.Value, 1e-7);
    }

    [Fact]
    public void Outcomes_that_the_length_decides_but_for_one_length_have_no_rate()
    {
        var rate = LengthControlledWinRate.Compute([1, 1, 0, 0, 0], [2, 1, 1, 1, -1]).Rate;
        Assert.Null(rate.Value);
        Assert.Contains("the length decides", rate.WhyUndefined, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_order_gives_the_same_rate()
    {
        double[] outcomes = [1, 0, 0.5, 1, 0, 1, 0], differences = [3, -1, 2, -2, 1, 0, 4];
        Assert.Equal(LengthControlledWinRate.Compute(outcomes, differences).Rate.Value!.Value,
            LengthControlledWinRate.Compute([.. outcomes.Reverse()], [.. differences.Reverse()]).Rate.Value!.Value, 1e-12);
    }
}
