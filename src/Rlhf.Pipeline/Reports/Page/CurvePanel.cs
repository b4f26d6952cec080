namespace Rlhf.Pipeline.Reports.Page;

/// <summary>Builds figures of curves, each with a table of the same values.</summary>
internal static class CurvePanel
{
    /// <summary>Points drawn of one curve; longer ones keep their lowest and highest values.</summary>
    private const int MostPoints = 1000;

    /// <summary>Colors of the curves of one figure, in order.</summary>
    private static readonly string[] Tones = ["after", "third", "before", "good", "warn", "bad"];

    /// <summary>Curves over one x axis; null when none of them has a point.</summary>
    public static Panel? Lines(string id, string title, string unit, string x, string size, IEnumerable<Curve> curves)
    {
        var present = curves.Where(c => c.Points.Any(p => double.IsFinite(p.Y))).ToArray();
        if (present.Length == 0)
            return null;
        var kept = present.Select(c => c with { Points = Thinning.Keep(c.Points, MostPoints) }).ToArray();
        var series = kept.Select((c, i) => new ChartSeries(c.Name, "line", Tones[i % Tones.Length], [.. c.Points.Select(Pair)]));
        int longest = present.Max(c => c.Points.Count);
        string? note = longest > MostPoints
            ? $"{Figures.Count(kept.Max(c => c.Points.Count))} of {Figures.Count(longest)} points: "
            + "the lowest and the highest of neighboring ones."
            : null;
        return new Panel(id, title, unit, string.Join(" ", present.Select(c => Describe(c, x))), size,
            new Chart(x, unit, [.. series]), null, TableOf(kept, x, note));
    }

    /// <summary>A path through points in the order of the updates; null when there are fewer than two.</summary>
    public static Panel? Path(
        string id, string title, string unit, string x, string size, string name, string tone, IReadOnlyList<CurvePoint> points)
    {
        if (points.Count(p => double.IsFinite(p.X) && double.IsFinite(p.Y)) < 2)
            return null;
        IReadOnlyList<IReadOnlyList<string>> rows =
            [.. points.Select((p, i) => (string[])[Figures.Count(i + 1), Figures.Number(p.X), Figures.Number(p.Y)])];
        return new Panel(id, title, unit,
            $"{Describe(new Curve(name, points), "point")} {x} from {Figures.Number(points[0].X)} to {Figures.Number(points[^1].X)}.",
            size, new Chart(x, unit, [new ChartSeries(name, "path", tone, [.. points.Select(Pair)])], MinX: 0), null,
            new Table(["point", x, name], rows));
    }

    private static double?[] Pair(CurvePoint p) => [Finite(p.X), Finite(p.Y)];

    public static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static string Describe(Curve curve, string x)
    {
        var values = curve.Points.Select(p => p.Y).Where(double.IsFinite).ToArray();
        return $"{curve.Name}, {Figures.Count(values.Length)} values by {x}: "
            + $"first {Figures.Number(values[0])}, last {Figures.Number(values[^1])}, "
            + $"lowest {Figures.Number(values.Min())}, highest {Figures.Number(values.Max())}.";
    }

    private static Table TableOf(Curve[] curves, string x, string? note)
    {
        var byX = new SortedDictionary<double, string[]>();
        for (int i = 0; i < curves.Length; i++)
        {
            foreach (var point in curves[i].Points.Where(p => double.IsFinite(p.X)))
            {
                if (!byX.TryGetValue(point.X, out var row))
                {
                    row = new string[curves.Length + 1];
                    Array.Fill(row, Figures.None);
                    row[0] = point.X == Math.Floor(point.X) ? Figures.Count((long)point.X) : Figures.Number(point.X);
                    byX.Add(point.X, row);
                }
                row[i + 1] = Figures.Number(point.Y);
            }
        }
        return new Table([x, .. curves.Select(c => c.Name)], [.. byX.Values], note);
    }
}
