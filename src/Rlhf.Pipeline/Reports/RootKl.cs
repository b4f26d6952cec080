namespace Rlhf.Pipeline.Reports;

/// <summary>
/// Scores over √KL, the distance at which over-optimization is read (Gao, Schulman and Hilton 2023, "Scaling Laws for Reward Model
/// Overoptimization"). The KL of update u, counted from 1, is measured on its rollout, so on the policy after u − 1 updates.
/// </summary>
public static class RootKl
{
    /// <summary>What an update measured on its own rollout, by update.</summary>
    public static IReadOnlyDictionary<double, double> ByUpdate(IEnumerable<CurvePoint> kl) => kl.ToDictionary(p => p.X, p => p.Y);

    /// <summary>
    /// The KL of the policy after each update, measured on the rollout of the next update, and
    /// after the last update by the evaluation.
    /// </summary>
    public static IReadOnlyDictionary<double, double> AfterUpdates(IReadOnlyCollection<CurvePoint> kl, double? evaluated)
    {
        var after = kl.ToDictionary(p => p.X - 1, p => p.Y);
        if (evaluated is { } last && kl.Count > 0)
            after[kl.Max(p => p.X)] = last;
        return after;
    }

    /// <summary>
    /// The points with √KL in place of the update; those whose KL is not known are left out, a negative estimate counts as 0.
    /// </summary>
    public static IReadOnlyList<CurvePoint> Over(IReadOnlyDictionary<double, double> kl, IEnumerable<CurvePoint> points) =>
        [.. points.Where(p => kl.ContainsKey(p.X)).Select(p => new CurvePoint(Math.Sqrt(Math.Max(0, kl[p.X])), p.Y))];
}
