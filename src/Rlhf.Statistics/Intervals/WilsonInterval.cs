using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Intervals;

/// <summary>The Wilson score interval of a proportion, without continuity correction (Wilson 1927).</summary>
public static class WilsonInterval
{
    /// <summary>
    /// The interval for <paramref name="successes"/> of <paramref name="count"/>. Half successes (ties) are allowed. They make the interval
    /// conservative, because their variance is smaller than the binomial one.
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
        // For no or only successes, center and half-width are equal up to rounding, so the end is set exactly.
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
