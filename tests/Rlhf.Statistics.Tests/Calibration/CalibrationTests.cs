using System.Text.Json;
using Rlhf.Statistics.Calibration;

namespace Rlhf.Statistics.Tests.Calibration;

public sealed class CalibrationTests
{
    [Fact]
    public void Agrees_with_scikit_learn_and_statsmodels()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("calibration"))
        {
            int bins = options.GetProperty("bins").GetInt32();
            if (inputs.TryGetProperty("margins_chosen_minus_rejected", out var given))
            {
                Margins(name, given.Numbers(), bins, outputs);
                continue;
            }
            double[] confidence = inputs.GetProperty("confidence").Numbers(), correct = inputs.GetProperty("correct").Numbers();
            Golden.Equal(outputs.GetProperty("brier"), ProbabilityScores.Brier(confidence, correct), name + ", Brier");
            double? loss = ProbabilityScores.LogLoss(confidence, correct);
            if (outputs.TryGetProperty("log_loss_is", out _))
                Assert.Equal(double.PositiveInfinity, loss);
            else
                Golden.Equal(outputs.GetProperty("log_loss"), loss, name + ", log-loss");
            Curve(name + ", equal mass", outputs.GetProperty("equal_mass"), Reliability.EqualMass(confidence, correct, bins));
            if (outputs.TryGetProperty("equal_width", out var width))
                Curve(name + ", equal width", width, Reliability.EqualWidth(confidence, correct, bins));
        }
    }

    private static void Margins(string name, double[] margins, int bins, JsonElement outputs)
    {
        Golden.Equal(outputs.GetProperty("accuracy"), MarginCalibration.Accuracy(margins), name + ", accuracy");
        var curve = MarginCalibration.Curve(margins, bins);
        Golden.Equal(outputs.GetProperty("ece_equal_mass"), curve.ExpectedError, name + ", ECE");
        Bins(name, outputs.GetProperty("bins"), curve);
        double[] sigma = [.. margins.Select(m => 1 / (1 + Math.Exp(-m)))], ones = [.. margins.Select(_ => 1.0)];
        if (outputs.TryGetProperty("log_loss_of_sigma_margin", out var loss))
            Golden.Equal(loss, ProbabilityScores.LogLoss(sigma, ones), name + ", log-loss");
        if (outputs.TryGetProperty("brier_of_sigma_margin", out var brier))
            Golden.Equal(brier, ProbabilityScores.Brier(sigma, ones), name + ", Brier");
    }

    private static void Curve(string name, JsonElement expected, ReliabilityCurve actual)
    {
        Golden.Equal(expected.GetProperty("ece"), actual.ExpectedError, name + ", ECE");
        if (expected.TryGetProperty("mce", out var mce))
            Golden.Equal(mce, actual.LargestError, name + ", MCE");
        Bins(name, expected.GetProperty("bins"), actual);
    }

    private static void Bins(string name, JsonElement expected, ReliabilityCurve actual)
    {
        Assert.Equal(expected.GetArrayLength(), actual.Bins.Count);
        foreach (var (bin, index) in expected.EnumerateArray().Select((bin, index) => (bin, index)))
        {
            string what = $"{name}, bin {index}";
            Assert.Equal(bin.GetProperty("n").GetInt32(), actual.Bins[index].Count);
            Golden.Equal(bin.GetProperty("confidence"), actual.Bins[index].Confidence, what);
            Golden.Equal(bin.GetProperty("accuracy"), actual.Bins[index].Accuracy.Value, what);
            if (bin.TryGetProperty("accuracy_wilson95", out var wilson))
                Golden.Equal(wilson, actual.Bins[index].Accuracy, what);
            if (bin.TryGetProperty("from", out var from))
                Golden.Equal(from, actual.Bins[index].From, what + ", from");
            if (bin.TryGetProperty("to", out var to))
                Golden.Equal(to, actual.Bins[index].To, what + ", to");
        }
    }
}
