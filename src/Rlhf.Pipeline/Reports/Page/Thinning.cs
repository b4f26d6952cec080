namespace Rlhf.Pipeline.Reports.Page;

/// <summary>Keeps a long curve short without losing its spikes.</summary>
public static class Thinning
{
    /// <summary>
    /// At most <paramref name="most"/> points: all of them if they fit, else the lowest and the highest of each group of neighbors,
    /// in order, with the first and the last point.
    /// </summary>
    public static IReadOnlyList<CurvePoint> Keep(IReadOnlyList<CurvePoint> points, int most)
    {
        if (points.Count <= most)
            return points;
        int spans = (most - 2) / 2;
        var kept = new List<CurvePoint>(most) { points[0] };
        int inner = points.Count - 2;
        for (int span = 0; span < spans; span++)
        {
            int from = 1 + (int)((long)inner * span / spans);
            int to = 1 + (int)((long)inner * (span + 1) / spans);
            int low = from;
            int high = from;
            for (int i = from; i < to; i++)
            {
                if (points[i].Y < points[low].Y || !double.IsFinite(points[low].Y))
                    low = i;
                if (points[i].Y > points[high].Y || !double.IsFinite(points[high].Y))
                    high = i;
            }
            kept.Add(points[Math.Min(low, high)]);
            if (low != high)
                kept.Add(points[Math.Max(low, high)]);
        }
        kept.Add(points[^1]);
        return kept;
    }
}
