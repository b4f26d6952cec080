using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Hypotheses;

/// <summary>The exact sign test: are wins and losses equally likely? Ties are dropped. P-values are 1 without a decision.</summary>
/// <param name="TwoSided">P(a split at least as uneven).</param>
/// <param name="Greater">P(at least as many wins).</param>
public sealed record SignTest(double TwoSided, double Greater)
{
    public static SignTest Compute(int wins, int losses)
    {
        int n = wins + losses;
        return n == 0 ? new(1, 1) : new(Math.Min(1, 2 * AtMost(Math.Min(wins, losses), n)), AtMost(losses, n));
    }

    /// <summary>P(X ≤ k) for n fair coins.</summary>
    internal static double AtMost(int k, int n) => k >= n ? 1 : Binomial.CDF(0.5, n, k);
}
