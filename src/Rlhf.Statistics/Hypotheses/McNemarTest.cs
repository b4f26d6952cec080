using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Hypotheses;

/// <summary>A χ² statistic with one degree of freedom and its p-value.</summary>
public sealed record ChiSquareTest(double Statistic, double PValue);

/// <summary>
/// McNemar's test: two classifiers on the same items; only the items on which exactly one is right tell them apart.
/// </summary>
/// <param name="Exact">The exact two-sided p-value; 1 without such an item.</param>
/// <param name="MidP">The exact p-value less the probability of the observed count: less conservative; null without such an item.</param>
/// <param name="ChiSquare">(b − c)²/(b + c); null without such an item.</param>
/// <param name="Corrected">(|b − c| − 1)²/(b + c), and 0 where b = c.</param>
public sealed record McNemarTest(double Exact, double? MidP, ChiSquareTest? ChiSquare, ChiSquareTest? Corrected)
{
    /// <param name="onlyFirst">b: items on which only the first is right.</param>
    /// <param name="onlySecond">c: items on which only the second is right.</param>
    public static McNemarTest Compute(int onlyFirst, int onlySecond)
    {
        int n = onlyFirst + onlySecond;
        double exact = SignTest.Compute(onlyFirst, onlySecond).TwoSided;
        if (n == 0)
            return new(exact, null, null, null);
        double difference = Math.Abs(onlyFirst - onlySecond), corrected = Math.Max(0, difference - 1);
        return new(exact, exact - Binomial.PMF(0.5, n, onlyFirst), OneDegree(difference * difference / n),
            OneDegree(corrected * corrected / n));
    }

    private static ChiSquareTest OneDegree(double statistic) => new(statistic, SpecialFunctions.Erfc(Math.Sqrt(statistic / 2)));
}
