using System.Globalization;

namespace Rlhf.Pipeline.Reports.Page;

/// <summary>Builds figures of values with their ranges on one scale.</summary>
internal static class ForestPanel
{
    /// <summary>A value with its range on the scale, and how it is written. Without a value it is a bar.</summary>
    internal sealed record Entry(string Name, string Text, string Tone, double? Value, double Low, double High);

    /// <summary>A dashed line through all rows, e.g. at one half.</summary>
    internal sealed record Reference(double Value, string Text);

    public static Forest Build(
        IReadOnlyList<Entry> entries, IReadOnlyList<Reference> references, double from, double to, double step, Func<double, string> write)
    {
        double Place(double value) => double.IsFinite(value) ? Math.Clamp((value - from) / (to - from), 0, 1) : 0;

        var rows = entries.Select(e => new ForestRow(
            e.Name, e.Text, e.Tone, Percent(Place(e.Low)), Percent(Math.Max(0, Place(e.High) - Place(e.Low))),
            e.Value is { } value ? Percent(Place(value)) : null));
        var ticks = new List<ForestTick>();
        for (int i = 0; from + i * step <= to + step * 1e-6; i++)
        {
            double value = from + i * step;
            ticks.Add(new ForestTick(Percent(Place(value)), write(value), Anchor(Place(value))));
        }
        // A row of text for each reference: two that lie close together stay readable.
        var lines = references.Select((r, i) => new ForestLine(Percent(Place(r.Value)), r.Text, Anchor(Place(r.Value)), 12 + 16 * i));
        return new Forest([.. rows], ticks, [.. lines], 16 * references.Count + 2);
    }

    /// <summary>A round step that gives about five parts of 0 … <paramref name="largest"/>.</summary>
    public static double RoundStep(double largest)
    {
        if (!double.IsFinite(largest) || largest <= 0)
            return 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(largest / 4)));
        return new[] { 1.0, 2, 2.5, 5, 10 }.Select(f => f * power).First(step => largest / step <= 5);
    }

    private static string Anchor(double place) => place switch { < 0.08 => "start", > 0.92 => "end", _ => "middle" };

    private static string Percent(double share) => (share * 100).ToString("0.###", CultureInfo.InvariantCulture) + "%";
}
