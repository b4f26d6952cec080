namespace Rlhf.Statistics.Overoptimization;

/// <summary>Best-of-n sampling: the best of n samples by a reward model.</summary>
public static class BestOfN
{
    /// <summary>
    /// The KL divergence from the sampling policy: ln n − (n − 1)/n nats, exact if all scores differ (Stiennon et al. 2020, appendix G.3).
    /// </summary>
    public static double KlDivergence(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return Math.Log(n) - (n - 1.0) / n;
    }
}
