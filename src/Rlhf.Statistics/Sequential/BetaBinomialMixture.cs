using MathNet.Numerics;

namespace Rlhf.Statistics.Sequential;

/// <summary>
/// A confidence sequence of a win rate (Robbins 1970): the intervals after all outcomes hold simultaneously with the given confidence, so
/// results may be checked at any time, with optional stopping. Outcomes are 0 or 1: drop ties, or use <see cref="HedgedCapital"/>.
/// e(p) = B(a + S, b + n − S)/(B(a, b) p^S (1 − p)^(n − S)); the interval is where e &lt; 1/α.
/// </summary>
/// <param name="A">First parameter of the Beta prior that mixes the alternatives, above 0; Beta(1, 1) is uninformative.</param>
/// <param name="B">Second parameter of the prior, above 0.</param>
public sealed record BetaBinomialMixture(double A = 1, double B = 1)
{
    /// <summary>
    /// ln of the e-value against a win rate of p: e ≥ 1/α rejects it at level α at any time. Infinite if p is impossible.
    /// </summary>
    public double LogEvidence(long successes, long count, double p = 0.5) =>
        LogMixture(successes, count) - LogLikelihood(successes, count, p);

    /// <summary>The interval after <paramref name="count"/> outcomes: 0 to 1 after none.</summary>
    public Interval Compute(long successes, long count, double confidence = 0.95)
    {
        if (confidence is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "between 0 and 1");
        double limit = LogMixture(successes, count) + Math.Log(1 - confidence);
        double Excess(double p) => limit - LogLikelihood(successes, count, p);
        double mode = count == 0 ? 0.5 : (double)successes / count;
        double low = successes == 0 ? 0 : ConfidenceRoots.Bisect(Excess, mode, 0);
        double high = successes == count ? 1 : ConfidenceRoots.Bisect(Excess, mode, 1);
        return new(count == 0 ? null : mode, low, high) { WhyUndefined = count == 0 ? "nothing was observed: any rate is possible" : null };
    }

    /// <summary>The interval after each outcome, intersected with all previous ones: it never widens.</summary>
    /// <param name="outcomes">0 or 1 each, in the order of observation.</param>
    /// <param name="confidence">Simultaneous confidence level of all intervals.</param>
    public IEnumerable<Interval> Running(IEnumerable<int> outcomes, double confidence = 0.95)
    {
        long successes = 0, count = 0;
        double low = 0, high = 1;
        foreach (int outcome in outcomes)
        {
            if (outcome is not (0 or 1))
                throw new ArgumentOutOfRangeException(nameof(outcomes), outcome, "0 or 1; ties need hedged capital");
            successes += outcome;
            count++;
            var interval = Compute(successes, count, confidence);
            low = Math.Max(low, interval.Low!.Value);
            high = Math.Min(high, interval.High!.Value);
            yield return low <= high
                ? interval with { Low = low, High = high }
                : new(interval.Value, null, null) { WhyUndefined = "no rate fits all outcomes: the rate has changed over time" };
        }
    }

    /// <summary>ln of the probability of the outcomes, in their order, under the mixture of alternatives.</summary>
    private double LogMixture(long successes, long count)
    {
        if (successes < 0 || successes > count)
            throw new ArgumentOutOfRangeException(nameof(successes), successes, $"between 0 and {count}");
        return SpecialFunctions.BetaLn(A + successes, B + (count - successes)) - SpecialFunctions.BetaLn(A, B);
    }

    private static double LogLikelihood(long successes, long count, double p) =>
        (successes == 0 ? 0 : successes * Math.Log(p)) + (successes == count ? 0 : (count - successes) * Math.Log(1 - p));
}
