using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Import;

/// <summary>What an import did.</summary>
/// <param name="Project">The project that it went into.</param>
/// <param name="Format">How the file was read.</param>
/// <param name="Tasks">Tasks that are new.</param>
/// <param name="Annotations">Annotations that are new.</param>
/// <param name="Known">Tasks of the file of which nothing was new.</param>
/// <param name="BadLineCount">Lines that were left out.</param>
/// <param name="BadLines">The first of them.</param>
/// <param name="Notes">What of the file was left out on purpose.</param>
public sealed record ImportReport(
    Guid Project, string Format, int Tasks, int Annotations, int Known, int BadLineCount, IReadOnlyList<BadLine> BadLines,
    IReadOnlyList<string> Notes);

/// <summary>The first rows of a file as they would be read.</summary>
/// <param name="Format">How it would be read.</param>
/// <param name="Columns">The columns of the file.</param>
/// <param name="Rows">The first tasks.</param>
/// <param name="BadLines">Lines among them that would be left out.</param>
public sealed record ImportPreview(
    string Format, IReadOnlyList<string> Columns, IReadOnlyList<PreviewRow> Rows, IReadOnlyList<BadLine> BadLines);

/// <param name="Line">The number of its line.</param>
/// <param name="Prompt">The prompt as text.</param>
/// <param name="Completions">The completions as texts.</param>
/// <param name="Answers">What the file says of them: "1 &gt; 2 = 3".</param>
public sealed record PreviewRow(int Line, string Prompt, IReadOnlyList<string> Completions, IReadOnlyList<string> Answers);

/// <summary>Counts what an import does while it runs.</summary>
internal sealed class ImportTally(string file)
{
    private const int MaxBadLinesKept = 100;

    private readonly List<BadLine> _bad = [];
    private readonly SortedSet<string> _notes = new(StringComparer.Ordinal);

    public int Tasks { get; set; }

    public int Annotations { get; set; }

    public int Known { get; set; }

    public int BadLineCount { get; private set; }

    public void Bad(int line, string reason)
    {
        BadLineCount++;
        if (_bad.Count < MaxBadLinesKept)
            _bad.Add(new BadLine(file, line, reason));
    }

    public void Note(string text) => _notes.Add(text);

    public ImportReport Report(Guid project, string format) =>
        new(project, format, Tasks, Annotations, Known, BadLineCount, [.. _bad.OrderBy(bad => bad.Line)], [.. _notes]);
}
