namespace Rlhf.Statistics.Overoptimization;

/// <summary>How a policy was optimized against the reward model.</summary>
public enum OptimizationMethod
{
    /// <summary>Gold reward = d(α − β d).</summary>
    BestOfN,

    /// <summary>Gold reward = d(α − β ln d).</summary>
    Reinforcement,
}

/// <summary>
/// Gold reward over d = √KL (Gao et al. 2022, "Scaling Laws for Reward Model Overoptimization"): it rises, peaks and falls, while
/// the reward model's own score keeps rising. Fitted by least squares without intercept.
/// </summary>
/// <param name="Method">The optimization method, which selects the form of the curve.</param>
/// <param name="Alpha">α, the initial slope.</param>
/// <param name="Beta">β, the rate of overoptimization.</param>
/// <param name="SquaredError">Σ (gold − fitted)².</param>
public sealed record GoldRewardCurve(OptimizationMethod Method, double Alpha, double Beta, double SquaredError)
{
    /// <summary>Fits the curve; null with fewer than two distinct distances above 0, where α and β are undetermined.</summary>
    /// <param name="distances">d = √KL of each policy, 0 or more; points at 0 have no effect, because the curve is 0 there.</param>
    /// <param name="gold">The gold reward of each policy − that of the initial policy.</param>
    /// <param name="method">The optimization method.</param>
    public static GoldRewardCurve? Fit(IReadOnlyList<double> distances, IReadOnlyList<double> gold, OptimizationMethod method)
    {
        if (distances.Count != gold.Count || distances.Any(d => !(d >= 0)))
            throw new ArgumentException($"{distances.Count} distances of 0 or more need as many rewards; got {gold.Count}",
                nameof(distances));
        if (distances.Where(d => d > 0).Distinct().Count() < 2)
            return null;
        double[] fitted = MathNet.Numerics.LinearRegression.MultipleRegression.QR(
            [.. distances.Select(d => new[] { d, -Bend(method, d) })], [.. gold], intercept: false);
        double error = distances.Zip(gold, (d, g) => g - d * fitted[0] + Bend(method, d) * fitted[1]).Sum(e => e * e);
        return new(method, fitted[0], fitted[1], error);
    }

    public double At(double distance) => Alpha * distance - Beta * Bend(Method, distance);

    /// <summary>
    /// The distance with the highest gold reward; null if the curve has no peak. It may be far beyond the measured range.
    /// </summary>
    public double? DistanceAtPeak => Beta <= 0 ? null
        : Method == OptimizationMethod.Reinforcement ? Math.Exp(Alpha / Beta - 1)
        : Alpha > 0 ? Alpha / (2 * Beta) : null;

    /// <summary>The highest gold reward of the curve; null if it has no peak.</summary>
    public double? GoldAtPeak => DistanceAtPeak is { } peak ? At(peak) : null;

    private static double Bend(OptimizationMethod method, double d) =>
        method == OptimizationMethod.BestOfN ? d * d : d == 0 ? 0 : d * Math.Log(d);
}
