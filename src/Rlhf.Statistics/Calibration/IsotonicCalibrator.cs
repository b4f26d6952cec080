namespace Rlhf.Statistics.Calibration;

/// <summary>
/// Isotonic regression: the monotone map with the least weighted squared error (Zadrozny and Elkan 2002; pool adjacent violators).
/// Linear between the thresholds, constant outside. Equal scores are pooled first. Needs hundreds of points to be smooth.
/// </summary>
/// <param name="Thresholds">The points of the map, by ascending score; never empty.</param>
public sealed record IsotonicCalibrator(IReadOnlyList<(double Score, double Value)> Thresholds)
{
    /// <summary>Fits the map; null without points.</summary>
    /// <param name="scores">The score of each point.</param>
    /// <param name="targets">Labels 0 and 1, or any numbers.</param>
    /// <param name="weights">Weights above 0; null = 1 each.</param>
    /// <param name="increasing">False for a decreasing map.</param>
    public static IsotonicCalibrator? Fit(IReadOnlyList<double> scores, IReadOnlyList<double> targets,
        IReadOnlyList<double>? weights = null,
        bool increasing = true)
    {
        if (targets.Count != scores.Count || (weights?.Count ?? scores.Count) != scores.Count || weights?.Any(w => !(w > 0)) == true)
            throw new ArgumentException($"{scores.Count} scores need as many targets and weights above 0", nameof(targets));
        if (scores.Count == 0)
            return null;
        double sign = increasing ? 1 : -1;
        var points = Enumerable.Range(0, scores.Count)
            .GroupBy(i => scores[i])
            .OrderBy(same => same.Key)
            .Select(same => (Score: same.Key, Weight: same.Sum(i => weights?[i] ?? 1),
                Sum: same.Sum(i => sign * targets[i] * (weights?[i] ?? 1))))
            .ToList();
        var blocks = new Stack<(int Count, double Weight, double Sum)>();
        foreach (var (_, weight, sum) in points)
        {
            var block = (Count: 1, Weight: weight, Sum: sum);
            while (blocks.TryPeek(out var before) && before.Sum / before.Weight >= block.Sum / block.Weight)
            {
                blocks.Pop();
                block = (block.Count + before.Count, block.Weight + before.Weight, block.Sum + before.Sum);
            }
            blocks.Push(block);
        }
        double[] values = [.. blocks.Reverse().SelectMany(block => Enumerable.Repeat(sign * block.Sum / block.Weight, block.Count))];
        int last = values.Length - 1;
        return new([.. points.Select((point, i) => (point.Score, values[i]))
            .Where((_, i) => i == 0 || i == last || values[i] != values[i - 1] || values[i] != values[i + 1])]);
    }

    public double Apply(double score)
    {
        if (score <= Thresholds[0].Score)
            return Thresholds[0].Value;
        if (score >= Thresholds[^1].Score)
            return Thresholds[^1].Value;
        int above = 1;
        for (int from = 1, to = Thresholds.Count - 1; from <= to;)
        {
            int middle = (from + to) / 2;
            if (Thresholds[middle].Score < score)
                from = middle + 1;
            else
                to = middle - 1;
            above = from;
        }
        var (x0, y0) = Thresholds[above - 1];
        var (x1, y1) = Thresholds[above];
        return y0 + (y1 - y0) * (score - x0) / (x1 - x0);
    }
}
