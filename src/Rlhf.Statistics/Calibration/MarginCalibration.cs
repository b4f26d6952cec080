namespace Rlhf.Statistics.Calibration;

/// <summary>
/// Accuracy and calibration of a reward model from its margins Δ = reward of the chosen − reward of the rejected. The confidence of a
/// pair is σ(|Δ|); it is correct if Δ &gt; 0. Δ = 0 has confidence ½ and counts as half correct.
/// </summary>
public static class MarginCalibration
{
    public static double Confidence(double margin) => 1 / (1 + Math.Exp(-Math.Abs(margin)));

    public static double Correct(double margin) => margin > 0 ? 1 : margin == 0 ? 0.5 : 0;

    /// <summary>The share of pairs in the right order; null without pairs.</summary>
    public static double? Accuracy(IReadOnlyCollection<double> margins) => margins.Count == 0 ? null : margins.Average(Correct);

    /// <summary>The reliability curve over equal-mass bins.</summary>
    public static ReliabilityCurve Curve(IReadOnlyList<double> margins, int bins = Reliability.DefaultBins) =>
        Reliability.EqualMass([.. margins.Select(Confidence)], [.. margins.Select(Correct)], bins);
}
