namespace Rlhf.Statistics.Overoptimization;

/// <summary>Choosing the best of n samples by a reward model.</summary>
public static class BestOfN
{
    /// <summary>
    /// KL to the policy that samples: ln n − (n − 1)/n nats, exact where scores differ (Stiennon et al. 2020, appendix G.3).
    /// </summary>
    public static double KlDivergence(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return Math.Log(n) - (n - 1.0) / n;
    }
}
