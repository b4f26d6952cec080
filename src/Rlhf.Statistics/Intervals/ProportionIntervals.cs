using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Intervals;

/// <summary>
/// Other intervals of a proportion, for comparison with other reports; this program shows <see cref="WilsonInterval"/> (Brown, Cai and
/// DasGupta 2001). Half successes (ties) are allowed only where stated.
/// </summary>
public static class ProportionIntervals
{
    /// <summary>The exact interval of Clopper and Pearson 1934: covers at least <paramref name="confidence"/>, often more.</summary>
    public static Interval ClopperPearson(int successes, int count, double confidence = 0.95)
    {
        Check(successes, count);
        if (count == 0)
            return Interval.Undefined;
        double tail = (1 - confidence) / 2;
        return new((double)successes / count,
            successes == 0 ? 0 : BetaQuantile(successes, count - successes + 1, tail),
            successes == count ? 1 : BetaQuantile(successes + 1, count - successes, 1 - tail));
    }

    /// <summary>The equal-tailed interval under the prior Beta(½, ½), not extended to 0 and 1 for no or only successes.</summary>
    public static Interval Jeffreys(int successes, int count, double confidence = 0.95)
    {
        Check(successes, count);
        if (count == 0)
            return Interval.Undefined;
        double tail = (1 - confidence) / 2, a = successes + 0.5, b = count - successes + 0.5;
        return new((double)successes / count, BetaQuantile(a, b, tail), BetaQuantile(a, b, 1 - tail));
    }

    /// <summary>
    /// Wald's interval after adding z²/2 successes and z²/2 failures (Agresti and Coull 1998). Half successes are allowed.
    /// </summary>
    public static Interval AgrestiCoull(double successes, double count, double confidence = 0.95)
    {
        Check(successes, count);
        if (count == 0)
            return Interval.Undefined;
        double z = WilsonInterval.Quantile(confidence), n = count + z * z, p = (successes + z * z / 2) / n;
        double half = z * Math.Sqrt(p * (1 - p) / n);
        return new(successes / count, Math.Max(0, p - half), Math.Min(1, p + half));
    }

    /// <summary>
    /// p ± z·√(p(1−p)/n), limited to 0 and 1: too narrow for small counts, with width 0 at 0 and 1. Half successes are allowed.
    /// </summary>
    public static Interval Wald(double successes, double count, double confidence = 0.95)
    {
        Check(successes, count);
        if (count == 0)
            return Interval.Undefined;
        double p = successes / count, half = WilsonInterval.Quantile(confidence) * Math.Sqrt(p * (1 - p) / count);
        return new(p, Math.Max(0, p - half), Math.Min(1, p + half));
    }

    /// <summary>The quantile of Beta(a, b), refined by a Newton step, because the library's result is accurate only to 1e-12.</summary>
    private static double BetaQuantile(double a, double b, double probability)
    {
        double x = Beta.InvCDF(a, b, probability), density = Beta.PDF(a, b, x);
        double step = density > 0 ? (Beta.CDF(a, b, x) - probability) / density : 0;
        return x - step is > 0 and < 1 ? x - step : x;
    }

    private static void Check(double successes, double count)
    {
        if (successes < 0 || successes > count)
            throw new ArgumentOutOfRangeException(nameof(successes), successes, $"between 0 and {count}");
    }
}
