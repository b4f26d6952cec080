using Rlhf.Core.Randomness;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Tests.Intervals;

public sealed class ClusteredBootstrapTests
{
    private static readonly RandomStream Stream = new(7, "bootstrap");

    [Fact]
    public void Agrees_with_numpy_on_given_resamples()
    {
        int compared = 0;
        foreach (var (name, inputs, options, outputs) in Golden.Cases("bootstrap"))
        {
            if (!options.GetProperty("statistic").GetString()!.StartsWith("mean of all values", StringComparison.Ordinal))
                continue;
            IReadOnlyList<IReadOnlyList<double>> clusters = [.. inputs.GetProperty("clusters").EnumerateArray().Select(c => c.Numbers())];
            var resamples = inputs.GetProperty("resample_indices").EnumerateArray().Select(r => r.EnumerateArray().Select(i => i.GetInt32()));
            var actual = ClusteredBootstrap.OfResamples(clusters, ClusteredBootstrap.PooledMean, resamples, options.GetProperty("confidence").GetDouble());
            Golden.Equal(outputs.GetProperty("estimate"), actual.Value, name);
            Golden.Equal(outputs.GetProperty("percentile95"), actual, name);
            compared++;
        }
        Assert.True(compared > 0, "no case with the mean of all values");
    }

    [Fact]
    public void Values_that_go_together_widen_the_interval()
    {
        // 40 prompts of 10 equal outcomes carry the information of 40 outcomes, not of 400.
        IReadOnlyList<IReadOnlyList<double>> clustered = [.. Enumerable.Range(0, 40).Select(i => Enumerable.Repeat(i % 2 == 0 ? 1.0 : 0.0, 10).ToArray())];
        IReadOnlyList<IReadOnlyList<double>> single = [.. clustered.SelectMany(c => c).Select(v => new[] { v })];
        var wide = ClusteredBootstrap.OfMean(clustered, Stream);
        var narrow = ClusteredBootstrap.OfMean(single, Stream);
        double ratio = (wide.High!.Value - wide.Low!.Value) / (narrow.High!.Value - narrow.Low!.Value);
        Assert.Equal(Math.Sqrt(10), ratio, 0.4);
        // Theory for the mean of 40 coins: ± 1.96 · 0.5/√40.
        Assert.Equal(2 * 1.96 * 0.5 / Math.Sqrt(40), wide.High.Value - wide.Low.Value, 0.03);
    }

    [Fact]
    public void The_same_stream_gives_the_same_interval()
    {
        IReadOnlyList<IReadOnlyList<double>> clusters = [.. Enumerable.Range(0, 60).Select(i => new[] { Math.Sin(i) })];
        Assert.Equal(ClusteredBootstrap.OfMean(clusters, Stream), ClusteredBootstrap.OfMean(clusters, Stream));
        Assert.NotEqual(ClusteredBootstrap.OfMean(clusters, Stream), ClusteredBootstrap.OfMean(clusters, new RandomStream(8, "bootstrap")));
    }

    [Fact]
    public void No_cluster_is_undefined() => Assert.Equal(Interval.Undefined, ClusteredBootstrap.OfMean([], Stream));
}
