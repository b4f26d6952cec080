using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Hypotheses;

/// <summary>A χ² statistic with one degree of freedom and its p-value.</summary>
public sealed record ChiSquareTest(double Statistic, double PValue);

/// <summary>
/// McNemar's test of two classifiers on the same items. Only discordant items count, on which exactly one of them is right.
/// </summary>
/// <param name="Exact">The exact two-sided p-value; 1 without a discordant item.</param>
/// <param name="MidP">The exact p-value − P(observed count), which is less conservative; null without a discordant item.</param>
/// <param name="ChiSquare">(b − c)²/(b + c); null without a discordant item.</param>
/// <param name="Corrected">(|b − c| − 1)²/(b + c), and 0 if b = c.</param>
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
