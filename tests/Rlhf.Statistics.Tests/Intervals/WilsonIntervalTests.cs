using CsCheck;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Tests.Intervals;

public sealed class WilsonIntervalTests
{
    [Theory]
    [InlineData(8, 10, 0.490, 0.943)]
    [InlineData(60, 100, 0.502, 0.691)]
    [InlineData(0, 10, 0, 0.278)]
    public void Known_intervals(double successes, double count, double low, double high)
    {
        var interval = WilsonInterval.Compute(successes, count);
        Assert.Equal(low, interval.Low!.Value, 0.0005);
        Assert.Equal(high, interval.High!.Value, 0.0005);
    }

    [Fact]
    public void Agrees_with_statsmodels()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("proportion_intervals"))
        {
            var actual = WilsonInterval.Compute(inputs.GetProperty("successes").GetDouble(), inputs.GetProperty("n").GetDouble(),
                options.GetProperty("confidence").GetDouble());
            Golden.Equal(outputs.GetProperty("p"), actual.Value, name);
            Golden.Equal(outputs.GetProperty("wilson"), actual, name);
        }
    }

    [Fact]
    public void Failures_mirror_successes() =>
        Gen.Select(Gen.Int[0, 500], Gen.Int[0, 500]).Where((k, m) => k + m > 0).Sample((k, m) =>
        {
            var one = WilsonInterval.Compute(k, k + m);
            var other = WilsonInterval.Compute(m, k + m);
            return Math.Abs(one.Low!.Value - (1 - other.High!.Value)) < 1e-12 && one.Low <= one.Value && one.Value <= one.High;
        });

    [Fact]
    public void Nothing_observed_is_undefined() => Assert.Equal(Interval.Undefined, WilsonInterval.Compute(0, 0));

    [Fact]
    public void More_successes_than_trials_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WilsonInterval.Compute(11, 10));
}
