namespace Rlhf.Statistics.Optimization;

/// <summary>The logistic function and its logarithm without overflow.</summary>
internal static class Logistic
{
    public static double Sigma(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    /// <summary>ln σ(x).</summary>
    public static double LogSigma(double x) => x >= 0 ? -Math.Log(1 + Math.Exp(-x)) : x - Math.Log(1 + Math.Exp(x));

    /// <summary>σ′(x) = σ(x)σ(−x).</summary>
    public static double Slope(double x) => Sigma(x) * Sigma(-x);
}
