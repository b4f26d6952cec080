namespace Rlhf.Pipeline.Reports.Page;

/// <summary>What the template shows; every text is ready to print and not yet escaped (the template engine does that).</summary>
/// <param name="Tone">good, neutral or bad: the color beside the headline.</param>
internal sealed record ReportPage(
    string Title,
    string Headline,
    string Tone,
    string Verdict,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<Chip> Chips,
    IReadOnlyList<Card> Cards,
    IReadOnlyList<Section> Sections,
    IReadOnlyList<SampleView> Samples,
    IReadOnlyList<SampleView> MoreSamples,
    string SamplesNote,
    Panel? Stages,
    Table? Models,
    Table? Environment,
    string? Command,
    string? Settings,
    string Written);

internal sealed record Chip(string Text, string Kind);

/// <summary>A key figure. <paramref name="Before"/> is the starting policy's value where both are shown.</summary>
internal sealed record Card(string Name, string Value, string? Interval, string? Before, string Note, string? Unit = null);

/// <summary>A section with its figures; those under <paramref name="More"/> are folded.</summary>
internal sealed record Section(
    string Id, string Title, IReadOnlyList<Definition> Definitions, IReadOnlyList<Panel> Panels, IReadOnlyList<Panel> More,
    string MoreTitle);

/// <summary>How to read a figure, and where its formula comes from.</summary>
internal sealed record Definition(string Term, string Text, string Source);

/// <summary>
/// A figure with a table of the same values. Exactly one of <paramref name="Chart"/> and <paramref name="Forest"/> is set.
/// </summary>
/// <param name="Unit">What the y axis counts.</param>
/// <param name="Label">The figure in words, for who cannot see it.</param>
/// <param name="Size">wide, half, third or small.</param>
internal sealed record Panel(string Id, string Title, string Unit, string Label, string Size, Chart? Chart, Forest? Forest, Table Table);

internal sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, string? Note = null);

/// <summary>What the script in the page draws; it knows no metric, only lines, points and intervals.</summary>
internal sealed record Chart(
    string X, string Y, IReadOnlyList<ChartSeries> Series, double? MinX = null, double? MaxX = null, double? MinY = null,
    double? MaxY = null);

/// <param name="Kind">
/// line, path (a line with points, first and last named), points, intervals (pairs of points) or reference (dashed).
/// </param>
/// <param name="Tone">The custom property of the style sheet that gives the color.</param>
/// <param name="Points">[x, y] or [x, y, weight]; null where a value is not a number.</param>
internal sealed record ChartSeries(string Name, string Kind, string Tone, IReadOnlyList<double?[]> Points);

/// <summary>
/// Values with intervals on one scale, drawn as SVG with positions in percent: sharp at every width and without a script.
/// </summary>
internal sealed record Forest(
    IReadOnlyList<ForestRow> Rows, IReadOnlyList<ForestTick> Ticks, IReadOnlyList<ForestLine> Lines, int LinesHeight);

/// <param name="Middle">Where the value's mark stands; null for a bar without one.</param>
internal sealed record ForestRow(string Name, string Text, string Tone, string Low, string Width, string? Middle);

internal sealed record ForestTick(string X, string Text, string Anchor);

internal sealed record ForestLine(string X, string Text, string Anchor, int Y);

internal sealed record SampleView(
    string Prompt, string Before, string After, string? GoldBefore, string? GoldAfter, string? RewardBefore, string? RewardAfter,
    string Outcome, string Tone);
