using Rlhf.Core.Randomness;

namespace Rlhf.Statistics.Hypotheses;

/// <summary>
/// The paired permutation test of a mean difference of 0, under which the sign of each difference is random (Fisher 1935).
/// </summary>
/// <param name="MeanDifference">Mean difference of all pairs.</param>
/// <param name="TwoSided">The share of sign patterns whose mean is at least as far from 0, the observed one included.</param>
/// <param name="Greater">The share of sign patterns whose mean is at least as large, the observed one included.</param>
/// <param name="Patterns">The number of sign patterns evaluated.</param>
/// <param name="IsExact">Whether all patterns were evaluated.</param>
public sealed record PairedPermutation(double MeanDifference, double TwoSided, double Greater, long Patterns, bool IsExact)
{
    /// <summary>Up to this many pairs all 2ⁿ patterns are evaluated, in about 10 ms.</summary>
    public const int MaxExactPairs = 20;

    /// <summary>Computes the test; null without a pair.</summary>
    /// <param name="differences">First − second of each pair.</param>
    /// <param name="stream">Random signs, used if there are too many pairs for all patterns.</param>
    /// <param name="samples">The number of random patterns; the observed one is added, so that p is never 0.</param>
    public static PairedPermutation? Compute(IReadOnlyList<double> differences, RandomStream stream, int samples = 20_000)
    {
        if (differences.Count == 0)
            return null;
        double[] sorted = [.. differences.Order()];
        double observed = sorted.Sum();
        // Sums of the same numbers in different order differ in the last bits, but count as equal.
        double slack = 1e-12 * sorted.Sum(Math.Abs);
        long asFar = 0, asLarge = 0;
        void Count(double sum)
        {
            asFar += Math.Abs(sum) >= Math.Abs(observed) - slack ? 1 : 0;
            asLarge += sum >= observed - slack ? 1 : 0;
        }
        bool exact = sorted.Length <= MaxExactPairs;
        long patterns = exact ? 1L << sorted.Length : samples + 1L;
        if (exact)
        {
            double[] left = SignedSums(sorted[..(sorted.Length / 2)]), right = SignedSums(sorted[(sorted.Length / 2)..]);
            foreach (double a in left)
            {
                foreach (double b in right)
                    Count(a + b);
            }
        }
        else
        {
            Count(observed);
            for (int sample = 0; sample < samples; sample++)
                Count(RandomlySigned(sorted, stream, (uint)sample));
        }
        return new(observed / sorted.Length, (double)asFar / patterns, (double)asLarge / patterns, patterns, exact);
    }

    private static double[] SignedSums(double[] values)
    {
        double[] sums = [0];
        foreach (double value in values)
            sums = [.. sums.Select(sum => sum + value), .. sums.Select(sum => sum - value)];
        return sums;
    }

    private static double RandomlySigned(double[] values, RandomStream stream, uint sample)
    {
        double sum = 0;
        ulong bits = 0;
        for (int i = 0; i < values.Length; i++, bits >>= 1)
        {
            if (i % 64 == 0)
                bits = stream.Bits(sample, (uint)(i / 64));
            sum += (bits & 1) == 0 ? values[i] : -values[i];
        }
        return sum;
    }
}
