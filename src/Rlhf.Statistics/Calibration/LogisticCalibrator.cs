using Rlhf.Statistics.Optimization;
using Rlhf.Statistics.Regression;

namespace Rlhf.Statistics.Calibration;

/// <summary>The probability σ(slope · score + intercept).</summary>
public sealed record LogisticCalibrator(double Slope, double Intercept)
{
    /// <summary>The temperature T of σ(score/T), if the intercept is 0.</summary>
    public double Temperature => 1 / Slope;

    public double Apply(double score) => Logistic.Sigma(Slope * score + Intercept);
}

/// <summary>A fitted calibrator, or the reason why there is none.</summary>
/// <param name="Calibrator">Null if the likelihood has no finite maximum.</param>
/// <param name="WhyUndefined">The reason why there is none; else null.</param>
/// <param name="Warning">A reason against using it; null if there is none.</param>
public sealed record CalibratorFit(LogisticCalibrator? Calibrator, string? WhyUndefined = null, string? Warning = null);

/// <summary>Maps from scores to probabilities, fitted by maximum likelihood on labels 0 and 1.</summary>
public static class LogisticCalibration
{
    private const string OneClass = "all labels are the same";

    /// <summary>
    /// Slope and intercept on smoothed labels, (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2) (Platt 1999): finite even if the scores separate
    /// the labels.
    /// </summary>
    public static CalibratorFit Platt(IReadOnlyList<double> scores, IReadOnlyList<int> labels)
    {
        RequireLabels(scores, labels);
        if (scores.Count == 0)
            return new(null, "there are no scores");
        double positive = labels.Count(label => label == 1), negative = labels.Count - positive;
        var fit = Fit(scores, [.. labels.Select(label => label == 1 ? (positive + 1) / (positive + 2) : 1 / (negative + 2))]);
        return positive == 0 || negative == 0 ? fit with { Warning = OneClass + ": the map says nothing about the scores" } : fit;
    }

    /// <summary>Slope and intercept on the labels themselves.</summary>
    public static CalibratorFit Logistic(IReadOnlyList<double> scores, IReadOnlyList<int> labels)
    {
        RequireLabels(scores, labels);
        double[] ones = [.. scores.Where((_, i) => labels[i] == 1)], zeros = [.. scores.Where((_, i) => labels[i] == 0)];
        if (ones.Length == 0 || zeros.Length == 0)
            return new(null, scores.Count == 0 ? "there are no scores" : OneClass);
        bool same = scores.All(score => score == scores[0]);
        if (!same && (zeros.Max() <= ones.Min() || ones.Max() <= zeros.Min()))
            return new(null, "the scores separate the labels: the slope has no finite maximum");
        return Fit(scores, [.. labels.Select(label => (double)label)]);
    }

    /// <summary>
    /// Temperature scaling: σ(score/T) without intercept (Guo et al. 2017), so a score of 0 gives ½. Undefined if every score is on the
    /// side of its label (T → 0), or if the scores are not related to the labels (T → ∞).
    /// </summary>
    public static CalibratorFit Temperature(IReadOnlyList<double> scores, IReadOnlyList<int> labels)
    {
        RequireLabels(scores, labels);
        double[] margins = [.. scores.Select((score, i) => labels[i] == 1 ? score : -score)];
        if (margins.All(margin => margin == 0))
            return new(null, scores.Count == 0 ? "there are no scores" : "all scores are 0");
        if (margins.All(margin => margin >= 0))
            return new(null, "every score is on the side of its label: the temperature goes to 0");
        if (margins.Sum() <= 0)
            return new(null, "the scores are not related to the labels: the likelihood has no maximum at a positive temperature");
        var fit = LogisticRegression.Fit([.. scores.Select(score => new[] { score })], [.. labels.Select(label => (double)label)]);
        return fit is null ? new(null, "the temperature has no finite maximum") : new(new LogisticCalibrator(fit.Coefficients[0], 0));
    }

    private static CalibratorFit Fit(IReadOnlyList<double> scores, double[] targets)
    {
        if (scores.All(score => score == scores[0]))
            return new(null, "all scores are equal: no slope can be estimated");
        var fit = LogisticRegression.Fit([.. scores.Select(score => new[] { score, 1.0 })], targets);
        return fit is null ? new(null, "the slope has no finite maximum")
            : new(new LogisticCalibrator(fit.Coefficients[0], fit.Coefficients[1]));
    }

    private static void RequireLabels(IReadOnlyList<double> scores, IReadOnlyList<int> labels)
    {
        if (scores.Count != labels.Count || labels.Any(label => label is not (0 or 1)))
            throw new ArgumentException($"{scores.Count} scores need as many labels, each 0 or 1", nameof(labels));
    }
}
