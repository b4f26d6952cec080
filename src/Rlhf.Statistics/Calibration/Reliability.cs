using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Calibration;

/// <summary>One bin of a reliability curve: mean confidence, accuracy with its Wilson interval, and the range of confidences.</summary>
public sealed record ReliabilityBin(int Count, double Confidence, Interval Accuracy, double From, double To);

/// <summary>A reliability curve; the errors are null without observations.</summary>
/// <param name="Bins">The non-empty bins, by ascending confidence.</param>
/// <param name="ExpectedError">ECE: Σ n_b/n · |confidence_b − accuracy_b|.</param>
/// <param name="LargestError">MCE: the largest |confidence_b − accuracy_b|.</param>
public sealed record ReliabilityCurve(IReadOnlyList<ReliabilityBin> Bins, double? ExpectedError, double? LargestError);

/// <summary>Calibration: accuracy as a function of confidence (Guo et al. 2017; equal mass: Nguyen and O'Connor 2015).</summary>
public static class Reliability
{
    public const int DefaultBins = 10;

    /// <summary>
    /// Equal-mass bins: sorted by confidence (stable: equal confidences keep their order, even across bins), split into parts
    /// whose sizes differ by at most one, the larger ones first; empty parts are dropped.
    /// </summary>
    public static ReliabilityCurve EqualMass(IReadOnlyList<double> confidence, IReadOnlyList<double> correct, int bins = DefaultBins)
    {
        int[] order = [.. Order(confidence, correct, bins)];
        var parts = new List<int[]>();
        int from = 0;
        for (int b = 0; b < bins; b++)
        {
            int size = order.Length / bins + (b < order.Length % bins ? 1 : 0);
            parts.Add(order[from..(from + size)]);
            from += size;
        }
        return Curve(parts, confidence, correct);
    }

    /// <summary>Equal-width bins: bin = min(⌊p·B⌋, B−1); empty bins are dropped.</summary>
    public static ReliabilityCurve EqualWidth(IReadOnlyList<double> confidence, IReadOnlyList<double> correct, int bins = DefaultBins)
    {
        var parts = Order(confidence, correct, bins)
            .GroupBy(i => Math.Min((int)(confidence[i] * bins), bins - 1))
            .OrderBy(part => part.Key)
            .Select(part => part.ToArray());
        return Curve(parts, confidence, correct);
    }

    private static IOrderedEnumerable<int> Order(IReadOnlyList<double> confidence, IReadOnlyList<double> correct, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        if (confidence.Count != correct.Count)
            throw new ArgumentException($"{confidence.Count} confidences and {correct.Count} outcomes", nameof(correct));
        return Enumerable.Range(0, confidence.Count).OrderBy(i => confidence[i]);
    }

    private static ReliabilityCurve Curve(IEnumerable<int[]> parts, IReadOnlyList<double> confidence, IReadOnlyList<double> correct)
    {
        var bins = parts.Where(part => part.Length > 0).Select(part => new ReliabilityBin(
            part.Length,
            part.Average(i => confidence[i]),
            WilsonInterval.Compute(part.Sum(i => correct[i]), part.Length),
            part.Min(i => confidence[i]),
            part.Max(i => confidence[i]))).ToList();
        if (bins.Count == 0)
            return new([], null, null);
        double total = bins.Sum(bin => bin.Count);
        return new(bins, bins.Sum(bin => bin.Count / total * Error(bin)), bins.Max(Error));
    }

    private static double Error(ReliabilityBin bin) => Math.Abs(bin.Confidence - bin.Accuracy.Value!.Value);
}
