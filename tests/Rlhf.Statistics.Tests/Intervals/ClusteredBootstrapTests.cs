using System.Text.Json;
using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Agreement;
using Rlhf.Statistics.Comparison;
using Rlhf.Statistics.Intervals;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Intervals;

public sealed class ClusteredBootstrapTests
{
    private static readonly RandomStream Stream = new(7, "bootstrap");

    [Fact]
    public void Agrees_with_numpy_and_scipy_on_given_resamples()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("bootstrap"))
        {
            IReadOnlyList<JsonElement[]> clusters = [.. inputs.GetProperty("clusters").EnumerateArray()
                .Select(c => c.EnumerateArray().ToArray())];
            var resamples = inputs.GetProperty("resample_indices").EnumerateArray().Select(Golden.Integers).ToList();
            var statistic = Statistic(options.GetProperty("statistic").GetString()!);
            double confidence = options.GetProperty("confidence").GetDouble();
            var actual = ClusteredBootstrap.Distribution(clusters, statistic, resamples);
            var jackknife = ClusteredBootstrap.Jackknife(clusters, statistic);
            Golden.Equal(outputs.GetProperty("estimate"), actual.Estimate, name, Golden.FitTolerance);
            Golden.AllEqual(outputs.GetProperty("replicates"), actual.Replicates, name + ", replicates");
            Assert.Equal(outputs.GetProperty("undefined_replicates").GetInt32(), actual.UndefinedReplicates);
            Golden.AllEqual(outputs.GetProperty("jackknife"), jackknife, name + ", jackknife");
            Golden.Equal(outputs.GetProperty("percentile95"), actual.Percentile(confidence), name, Golden.FitTolerance);
            Golden.Equal(outputs.GetProperty("basic95"), actual.Basic(confidence), name + ", basic", Golden.FitTolerance);
            Golden.Equal(outputs.GetProperty("se"), actual.StandardError, name + ", standard error", Golden.FitTolerance);
            Golden.Equal(outputs.GetProperty("bca_z0"), actual.BiasCorrection, name + ", z0", Golden.FitTolerance);
            Golden.Equal(outputs.GetProperty("bca_a"), BootstrapDistribution.Acceleration(jackknife), name + ", a", Golden.FitTolerance);
            Golden.Equal(outputs.GetProperty("bca95"), actual.BiasCorrectedAccelerated(jackknife, confidence), name + ", BCa",
                Golden.FitTolerance);
        }
    }

    /// <summary>What the golden file calls its statistics, over the rows of the chosen clusters.</summary>
    private static Func<IReadOnlyList<JsonElement[]>, double?> Statistic(string name) => name.Split(' ')[0] switch
    {
        "mean" => clusters => ClusteredBootstrap.PooledMean([.. clusters.Select(c => c.Select(v => v.GetDouble()).ToArray())]),
        "pearson" => clusters => RankCorrelation.Pearson([.. clusters.SelectMany(c => c).Select(r => r[0].GetDouble())],
            [.. clusters.SelectMany(c => c).Select(r => r[1].GetDouble())]),
        "nominal" => clusters => KrippendorffAlpha.Compute(
            [.. clusters.SelectMany(c => c).Select(r => r.EnumerateArray().Select(Golden.NumberOrNull).OfType<double>().ToArray())],
            MeasurementLevel.Nominal).Alpha,
        "fit" => clusters => ScoreDifference(clusters.SelectMany(c => c)),
        _ => throw new InvalidOperationException($"no statistic of ours for '{name}'"),
    };

    private static double? ScoreDifference(IEnumerable<JsonElement> games)
    {
        double[,] points = new double[3, 3];
        foreach (var game in games)
            points[game[0].GetInt32(), game[1].GetInt32()]++;
        var scores = BradleyTerry.Fit(points, 0.1).Scores!;
        return scores[0] - scores[2];
    }

    [Fact]
    public void The_order_of_clusters_does_not_matter() =>
        Gen.Double[-1, 1].Array[0, 4].Array[0, 10].Sample(clusters =>
            ClusteredBootstrap.MeanInterval(clusters, Stream, 40) == ClusteredBootstrap.MeanInterval([.. clusters.Reverse()
                .Select(c => c.Reverse().ToArray())], Stream, 40));

    [Fact]
    public void Undefined_intervals_say_why()
    {
        Assert.NotNull(ClusteredBootstrap.MeanInterval([[]], Stream, 10).WhyUndefined);
        var constant = new BootstrapDistribution(1, [1, 1, 1], 0);
        Assert.Contains("no variation", constant.BiasCorrectedAccelerated([1, 1, 1]).WhyUndefined, StringComparison.Ordinal);
        Assert.Contains("one side", new BootstrapDistribution(5, [1, 2, 3], 0).BiasCorrectedAccelerated([1, 2, 3]).WhyUndefined,
            StringComparison.Ordinal);
        Assert.NotNull(new BootstrapDistribution(1, [], 4).Percentile().WhyUndefined);
    }

    [Fact]
    public void Values_that_go_together_widen_the_interval()
    {
        // 40 prompts of 10 equal outcomes carry the information of 40 outcomes, not of 400.
        IReadOnlyList<IReadOnlyList<double>> clustered = [.. Enumerable.Range(0, 40)
            .Select(i => Enumerable.Repeat(i % 2 == 0 ? 1.0 : 0.0, 10).ToArray())];
        IReadOnlyList<IReadOnlyList<double>> single = [.. clustered.SelectMany(c => c).Select(v => new[] { v })];
        var wide = ClusteredBootstrap.MeanInterval(clustered, Stream);
        var narrow = ClusteredBootstrap.MeanInterval(single, Stream);
        double ratio = (wide.High!.Value - wide.Low!.Value) / (narrow.High!.Value - narrow.Low!.Value);
        Assert.Equal(Math.Sqrt(10), ratio, 0.4);
        // Theory for the mean of 40 coins: ± 1.96 · 0.5/√40.
        Assert.Equal(2 * 1.96 * 0.5 / Math.Sqrt(40), wide.High.Value - wide.Low.Value, 0.03);
    }

    [Fact]
    public void The_same_stream_gives_the_same_interval()
    {
        IReadOnlyList<IReadOnlyList<double>> clusters = [.. Enumerable.Range(0, 60).Select(i => new[] { Math.Sin(i) })];
        Assert.Equal(ClusteredBootstrap.MeanInterval(clusters, Stream), ClusteredBootstrap.MeanInterval(clusters, Stream));
        Assert.NotEqual(ClusteredBootstrap.MeanInterval(clusters, Stream),
            ClusteredBootstrap.MeanInterval(clusters, new RandomStream(8, "bootstrap")));
    }

    [Fact]
    public void A_share_of_all_or_of_none_has_the_width_that_its_clusters_allow()
    {
        // Six prompts of four pairs each, all in the right order: Wilson's interval of 6 of 6, 1/(1 + 1.96²/6) = 0.610 to 1.
        IReadOnlyList<IReadOnlyList<double>> Clusters(double value) => [[], .. Enumerable.Repeat(new[] { value, value, value, value }, 6)];
        var all = ClusteredBootstrap.ShareInterval(Clusters(1), Stream);
        Assert.Equal((1, 0.610, 1), (all.Value, Math.Round(all.Low!.Value, 3), all.High));
        var none = ClusteredBootstrap.ShareInterval(Clusters(0), Stream);
        Assert.Equal((0, 0, 0.390), (none.Value, none.Low, Math.Round(none.High!.Value, 3)));
        Assert.Equal(all, WinRate.ByPrompt(Clusters(1), Stream));
        // Anything between them is the bootstrap's.
        IReadOnlyList<IReadOnlyList<double>> mixed = [.. Enumerable.Range(0, 9).Select(i => new[] { i % 2, 0.5 })];
        Assert.Equal(ClusteredBootstrap.MeanInterval(mixed, Stream), ClusteredBootstrap.ShareInterval(mixed, Stream));
        Assert.Equal(Interval.Undefined, ClusteredBootstrap.ShareInterval([], Stream));
    }

    [Fact]
    public void No_cluster_is_undefined() => Assert.Equal(Interval.Undefined, ClusteredBootstrap.MeanInterval([], Stream));
}
