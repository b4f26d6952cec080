using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Intervals;

/// <summary>The score interval of a proportion without continuity correction (Wilson 1927).</summary>
public static class WilsonInterval
{
    /// <summary>
    /// <paramref name="successes"/> of <paramref name="count"/>. Halves (ties) may enter; that makes the interval conservative,
    /// because a tie varies less than a coin.
    /// </summary>
    public static Interval Compute(double successes, double count, double confidence = 0.95)
    {
        if (successes < 0 || successes > count)
            throw new ArgumentOutOfRangeException(nameof(successes), successes, $"between 0 and {count}");
        if (count == 0)
            return Interval.Undefined;
        double z = Quantile(confidence), square = z * z;
        double p = successes / count;
        double center = (p + square / (2 * count)) / (1 + square / count);
        double half = z / (1 + square / count) * Math.Sqrt(p * (1 - p) / count + square / (4 * count * count));
        // At the ends center and half are equal up to rounding: the end itself is exact.
        double low = successes == 0 ? 0 : Math.Max(0, center - half);
        double high = successes == count ? 1 : Math.Min(1, center + half);
        return new(p, low, high);
    }

    /// <summary>z with P(|Z| ≤ z) = confidence.</summary>
    internal static double Quantile(double confidence)
    {
        if (confidence is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "between 0 and 1");
        return Normal.InvCDF(0, 1, 0.5 + confidence / 2);
    }
}
