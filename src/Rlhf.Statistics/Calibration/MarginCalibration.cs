namespace Rlhf.Statistics.Calibration;

/// <summary>
/// What reward margins say of a reward model, Δ = reward of the chosen − reward of the rejected: the confidence of a pair is
/// σ(|Δ|), and it was right where Δ &gt; 0. Δ = 0 is confidence ½, half right.
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
