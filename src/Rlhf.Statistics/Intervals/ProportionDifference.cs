namespace Rlhf.Statistics.Intervals;

/// <summary>Intervals of the difference A − B of two independent proportions; undefined if one side has no observations.</summary>
public static class ProportionDifference
{
    private const string EmptyArm = "nothing was observed on one side";

    /// <summary>Two Wilson intervals combined (Newcombe 1998, method 10). The recommended interval.</summary>
    public static Interval Newcombe(double a, double countA, double b, double countB, double confidence = 0.95)
    {
        var first = WilsonInterval.Compute(a, countA, confidence);
        var second = WilsonInterval.Compute(b, countB, confidence);
        if (first is not { Value: { } p, Low: { } pLow, High: { } pHigh } || second is not { Value: { } q, Low: { } qLow, High: { } qHigh })
            return Interval.UndefinedBecause(EmptyArm);
        double below = Hypotenuse(p - pLow, qHigh - q), above = Hypotenuse(pHigh - p, q - qLow);
        return new(p - q, p - q - below, p - q + above);
    }

    /// <summary>
    /// Wald's interval after adding one success and one failure to each side (Agresti and Caffo 2000); not limited to ±1.
    /// </summary>
    public static Interval AgrestiCaffo(double a, double countA, double b, double countB, double confidence = 0.95)
    {
        if (countA == 0 || countB == 0)
            return Interval.UndefinedBecause(EmptyArm);
        var moved = Wald(a + 1, countA + 2, b + 1, countB + 2, confidence);
        return moved with { Value = a / countA - b / countB };
    }

    /// <summary>p − q ± z·√(p(1−p)/n + q(1−q)/m), for comparison only: it has width 0 if both proportions are 0 or 1.</summary>
    public static Interval Wald(double a, double countA, double b, double countB, double confidence = 0.95)
    {
        if (countA == 0 || countB == 0)
            return Interval.UndefinedBecause(EmptyArm);
        double p = a / countA, q = b / countB;
        double half = WilsonInterval.Quantile(confidence) * Math.Sqrt(p * (1 - p) / countA + q * (1 - q) / countB);
        return new(p - q, p - q - half, p - q + half);
    }

    private static double Hypotenuse(double a, double b) => Math.Sqrt(a * a + b * b);
}
