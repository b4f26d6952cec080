namespace Rlhf.Statistics.Calibration;

/// <summary>Proper scores of probabilities p for outcomes y in [0, 1]; null without outcomes.</summary>
public static class ProbabilityScores
{
    /// <summary>Mean (p − y)² (Brier 1950).</summary>
    public static double? Brier(IReadOnlyList<double> probabilities, IReadOnlyList<double> outcomes) =>
        Mean(probabilities, outcomes, (p, y) => (p - y) * (p - y));

    /// <summary>Mean −y ln p − (1 − y) ln(1 − p); positive infinity if a probability of 0 or 1 was wrong.</summary>
    public static double? LogLoss(IReadOnlyList<double> probabilities, IReadOnlyList<double> outcomes) =>
        Mean(probabilities, outcomes, (p, y) => Cross(y, p) + Cross(1 - y, 1 - p));

    /// <summary>−w ln p with 0 ln 0 = 0.</summary>
    private static double Cross(double weight, double p) => weight == 0 ? 0 : -weight * Math.Log(p);

    private static double? Mean(IReadOnlyList<double> probabilities, IReadOnlyList<double> outcomes, Func<double, double, double> score)
    {
        if (probabilities.Count != outcomes.Count)
            throw new ArgumentException($"{probabilities.Count} probabilities and {outcomes.Count} outcomes", nameof(outcomes));
        return probabilities.Count == 0 ? null : probabilities.Zip(outcomes, score).Average();
    }
}
