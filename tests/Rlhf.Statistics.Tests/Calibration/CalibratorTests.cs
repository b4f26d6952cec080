using System.Text.Json;
using CsCheck;
using Rlhf.Statistics.Calibration;

namespace Rlhf.Statistics.Tests.Calibration;

public sealed class CalibratorTests
{
    [Fact]
    public void Agree_with_scikit_learn()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("calibrators"))
        {
            double[] scores = inputs.GetProperty("scores").Numbers(), query = inputs.Member("query")?.Numbers() ?? [];
            if (inputs.Member("labels") is { } given)
            {
                int[] labels = given.Integers();
                Logistic($"{name}, Platt", outputs, "platt", LogisticCalibration.Platt(scores, labels), query);
                Logistic($"{name}, logistic", outputs, "logistic", LogisticCalibration.Logistic(scores, labels), query);
                Logistic($"{name}, temperature", outputs, "temperature", LogisticCalibration.Temperature(scores, labels), query);
            }
            if (outputs.Member("isotonic") is not { } isotonic)
                continue;
            var map = IsotonicCalibrator.Fit(scores, inputs.Member("targets")?.Numbers() ?? inputs.GetProperty("labels").Numbers(),
                inputs.Member("weights")?.Numbers(), !options.TryGetProperty("increasing", out var increasing) || increasing.GetBoolean())!;
            Golden.AllEqual(isotonic.GetProperty("at_scores"), [.. scores.Select(map.Apply)], name + ", isotonic", 1e-9);
            if (isotonic.Member("at_query") is { } atQuery)
                Golden.AllEqual(atQuery, [.. query.Select(map.Apply)], name + ", isotonic", 1e-9);
            if (isotonic.Member("thresholds_x") is { } x)
            {
                Golden.AllEqual(x, [.. map.Thresholds.Select(t => t.Score)], name + ", thresholds", 1e-9);
                Golden.AllEqual(isotonic.GetProperty("thresholds_y"), [.. map.Thresholds.Select(t => t.Value)], name + ", thresholds",
                    1e-9);
            }
        }
    }

    private static void Logistic(string what, JsonElement outputs, string key, CalibratorFit actual, double[] query)
    {
        if (outputs.Member(key) is not { } expected)
        {
            Assert.True(actual.Calibrator is null && actual.WhyUndefined is not null, what);
            return;
        }
        Assert.True(actual.Calibrator is not null, what);
        if (expected.ValueKind == JsonValueKind.String)
        {
            // In words: defined, and worth a warning.
            Assert.True(actual.Warning is not null, what);
            return;
        }
        if (expected.Member("slope") is { } slope)
        {
            Golden.Equal(slope, actual.Calibrator.Slope, what, Golden.FitTolerance);
            Golden.Equal(expected.GetProperty("intercept"), actual.Calibrator.Intercept, what, Golden.FitTolerance);
        }
        if (expected.Member("T") is { } temperature)
            Golden.Equal(temperature, actual.Calibrator.Temperature, what, Golden.FitTolerance);
        Golden.AllEqual(expected.GetProperty("at_query"), [.. query.Select(actual.Calibrator.Apply)], what);
    }

    [Fact]
    public void Isotonic_maps_are_monotone_and_keep_the_mean() =>
        Gen.Select(Gen.Int[-3, 3], Gen.Int[0, 1]).Array[1, 30].Sample(points =>
        {
            double[] scores = [.. points.Select(p => (double)p.Item1)], targets = [.. points.Select(p => (double)p.Item2)];
            var map = IsotonicCalibrator.Fit(scores, targets)!;
            double[] values = [.. scores.Order().Select(map.Apply)];
            return values.Zip(values.Skip(1)).All(pair => pair.First <= pair.Second + 1e-12)
                && Math.Abs(values.Sum() - targets.Sum()) < 1e-9;
        });

    [Fact]
    public void Turning_scores_and_labels_round_gives_the_complement() =>
        Gen.Select(Gen.Int[-4, 4], Gen.Int[0, 1]).Array[1, 30].Sample(points =>
        {
            double[] scores = [.. points.Select(p => p.Item1 / 2.0)];
            int[] labels = [.. points.Select(p => p.Item2)];
            double[] minus = [.. scores.Select(s => -s)];
            int[] other = [.. labels.Select(l => 1 - l)];
            return Mirrors(LogisticCalibration.Platt(scores, labels), LogisticCalibration.Platt(minus, other))
                && Mirrors(LogisticCalibration.Logistic(scores, labels), LogisticCalibration.Logistic(minus, other))
                && Mirrors(LogisticCalibration.Temperature(scores, labels), LogisticCalibration.Temperature(minus, other));
        });

    private static bool Mirrors(CalibratorFit one, CalibratorFit other) => one.Calibrator is null
        ? one.WhyUndefined is not null && other.Calibrator is null
        : Math.Abs(one.Calibrator.Apply(0.7) - (1 - other.Calibrator!.Apply(-0.7))) < 1e-7;

    [Fact]
    public void Nothing_to_fit_is_undefined()
    {
        Assert.Null(IsotonicCalibrator.Fit([], []));
        Assert.NotNull(LogisticCalibration.Platt([], []).WhyUndefined);
        Assert.Contains("separate", LogisticCalibration.Logistic([0, 0, 1, -1], [1, 0, 1, 0]).WhyUndefined, StringComparison.Ordinal);
        Assert.NotNull(LogisticCalibration.Temperature([1, -2], [0, 1]).WhyUndefined);
        Assert.Throws<ArgumentException>(() => LogisticCalibration.Platt([1], [2]));
    }
}
