using System.Text.Json;
using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Agreement;

namespace Rlhf.Statistics.Tests.Agreement;

public sealed class KrippendorffAlphaTests
{
    private static readonly RandomStream Stream = new(5, "alpha");

    [Fact]
    public void Agrees_with_the_krippendorff_library()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("krippendorff_alpha"))
        {
            var units = inputs.Member("coders_by_units") is { } rows ? Units(rows.RowsWithGaps()) : RankedUnits(name, inputs, outputs);
            foreach (string level in options.GetProperty("levels").EnumerateArray().Select(l => l.GetString()!))
            {
                var actual = KrippendorffAlpha.Compute(units, Enum.Parse<MeasurementLevel>(level, ignoreCase: true));
                Golden.Equal(outputs.GetProperty("alpha").GetProperty(level), actual.Alpha, $"{name}, {level}");
                Assert.Equal(actual.Alpha is null, actual.WhyUndefined is not null);
                if (outputs.TryGetProperty("pairable_values", out var pairable))
                    Assert.Equal(pairable.GetInt64(), actual.PairableValues);
                if (outputs.TryGetProperty("units_used", out var used))
                    Assert.Equal(used.GetInt32(), actual.UnitsUsed);
            }
        }
    }

    private static List<IReadOnlyList<double>> RankedUnits(string name, JsonElement inputs, JsonElement outputs)
    {
        var coders = inputs.GetProperty("ranks_coder_task_item").EnumerateArray().Select(c => c.EnumerateArray().ToList()).ToList();
        var units = new List<IReadOnlyList<double>>();
        for (int task = 0; task < coders[0].Count; task++)
        {
            units.AddRange(PairwiseOutcomes.ToUnits(
                [.. coders.Select(coder => coder[task]).Where(ranks => ranks.ValueKind != JsonValueKind.Null)
                    .Select(ranks => ranks.Numbers())]));
        }
        var expected = Units(outputs.GetProperty("outcomes_coder_by_unit").RowsWithGaps());
        Assert.True(expected.Count == units.Count, name);
        foreach (var (one, other) in expected.Zip(units))
            Assert.Equal(one, other);
        return units;
    }

    private static List<IReadOnlyList<double>> Units(double?[][] coders) =>
        [.. Enumerable.Range(0, coders[0].Length).Select(unit => coders.Select(coder => coder[unit]).OfType<double>().ToArray())];

    /// <summary>The example of Krippendorff 2011: 4 coders, 12 units.</summary>
    [Theory]
    [InlineData(MeasurementLevel.Nominal, 0.743)]
    [InlineData(MeasurementLevel.Ordinal, 0.815)]
    [InlineData(MeasurementLevel.Interval, 0.849)]
    [InlineData(MeasurementLevel.Ratio, 0.797)]
    public void Known_example(MeasurementLevel level, double expected)
    {
        double[][] units = [[1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
            [2, 2, 2, 2], [5, 5, 5], [1, 1], [3]];
        Assert.Equal(expected, KrippendorffAlpha.Compute(units, level).Alpha!.Value, 0.0005);
    }

    [Fact]
    public void Undefined_is_told_with_its_reason()
    {
        Assert.Contains("equal", KrippendorffAlpha.Compute([[1, 1], [1, 1], [2]], MeasurementLevel.Nominal).WhyUndefined,
            StringComparison.Ordinal);
        Assert.Contains("nothing to compare", KrippendorffAlpha.Compute([[1], [2]], MeasurementLevel.Nominal).WhyUndefined,
            StringComparison.Ordinal);
        var interval = KrippendorffAlpha.WithInterval([[1, 1], [1, 1]], MeasurementLevel.Nominal, Stream, 20);
        Assert.Null(interval.Value);
        Assert.NotNull(interval.WhyUndefined);
        Assert.Throws<ArgumentException>(() => KrippendorffAlpha.Compute([[1, -1]], MeasurementLevel.Ratio));
    }

    [Fact]
    public void The_order_of_units_and_values_does_not_matter_and_no_number_is_NaN() =>
        Gen.Select(Gen.Int[0, 3].Select(v => (double)v).Array[0, 4].Array[0, 12], Gen.Enum<MeasurementLevel>()).Sample((units, level) =>
        {
            double[][] other = [.. units.Reverse().Select(unit => unit.Reverse().ToArray())];
            var one = KrippendorffAlpha.Compute(units, level);
            return one == KrippendorffAlpha.Compute(other, level)
                && KrippendorffAlpha.WithInterval(units, level, Stream, 30) == KrippendorffAlpha.WithInterval(other, level, Stream, 30)
                && (one.Alpha is null ? one.WhyUndefined is not null : double.IsFinite(one.Alpha.Value) && one.Alpha <= 1);
        });

    [Fact]
    public void The_interval_of_repeated_units_narrows_with_their_number()
    {
        double[][] units = [[1, 1], [2, 2], [1, 2], [2, 2], [1, 1], [2, 1], [1, 1], [2, 2]];
        double Width(int times)
        {
            var interval = KrippendorffAlpha.WithInterval([.. Enumerable.Repeat(units, times).SelectMany(u => u)],
                MeasurementLevel.Nominal, Stream, 1000);
            return interval.High!.Value - interval.Low!.Value;
        }
        Assert.Equal(2, Width(10) / Width(40), 0.25);
    }

    [Fact]
    public void Pairs_of_one_ranking_are_drawn_together()
    {
        // Ten tasks of 4 items; two annotators agree about all six pairs of a task or about none.
        double[][][] tasks = [.. Enumerable.Range(0, 10).Select(t => (double[][])[[1, 2, 3, 4], t % 3 == 0 ? [4, 3, 2, 1] : [1, 2, 3, 4]])];
        IReadOnlyList<IReadOnlyList<double>>[] clusters = [.. tasks.Select(task => PairwiseOutcomes.ToUnits(task))];
        var clustered = KrippendorffAlpha.WithIntervalByCluster(clusters, MeasurementLevel.Nominal, Stream, 500);
        var single = KrippendorffAlpha.WithInterval([.. clusters.SelectMany(c => c)], MeasurementLevel.Nominal, Stream, 500);
        Assert.Equal(single.Value, clustered.Value);
        Assert.True(clustered.High - clustered.Low > 1.5 * (single.High - single.Low));
    }
}
