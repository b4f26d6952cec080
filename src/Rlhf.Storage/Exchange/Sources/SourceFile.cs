using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Storage.Exchange.Sources;

/// <summary>How a file holds its rows.</summary>
public enum SourceKind
{
    /// <summary>A JSON object on each line (.jsonl), perhaps packed with gzip.</summary>
    JsonLines,

    /// <summary>One JSON array of objects (.json).</summary>
    JsonArray,

    /// <summary>A table of text with a header: commas, semicolons or tabs.</summary>
    Csv,

    Parquet,
}

/// <summary>
/// A file that somebody brings, read row by row. Only a part of it is in memory at a time: a line, an item, a group of rows.
/// </summary>
public sealed class SourceFile
{
    private const int Head = 1 << 16;

    private SourceFile(string path, SourceKind kind) => (Path, Kind) = (path, kind);

    public string Path { get; }

    public SourceKind Kind { get; }

    /// <summary>Looks at the first bytes of a file, which decide more than its name does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What it is called, if <paramref name="path"/> is a temporary copy.</param>
    /// <exception cref="UserError">No regular file, or nothing that holds rows.</exception>
    public static SourceFile Open(string path, string? name = null) => new(path, Detect(path, name ?? path));

    /// <summary>Every row that is not blank. Faults of single rows are told in them.</summary>
    /// <exception cref="UserError">The file is damaged from some row on.</exception>
    public IEnumerable<SourceRow> Read() => Kind switch
    {
        SourceKind.JsonLines => ReadLines(),
        SourceKind.JsonArray => JsonArrayRows.Read(Path),
        SourceKind.Csv => CsvRows.Read(Path),
        _ => ParquetRows.Read(Path),
    };

    private IEnumerable<SourceRow> ReadLines()
    {
        foreach (var line in TextLines.Read(Path))
        {
            if (!line.IsBlank)
                yield return new SourceRow(line.Number, line.Utf8, line.Fault);
        }
    }

    private static SourceKind Detect(string path, string name)
    {
        if (ParquetRows.IsParquet(path))
            return SourceKind.Parquet;
        string plain = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
        string extension = System.IO.Path.GetExtension(plain).ToLowerInvariant();
        if (extension is ".csv" or ".tsv")
            return SourceKind.Csv;
        string start = Start(path).TrimStart();
        if (start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            throw new UserError($"{name}: is a web page, perhaps the error page of a failed download; get the file again");
        if (extension is ".jsonl" or ".ndjson")
            return SourceKind.JsonLines;
        if (start.StartsWith('['))
            return SourceKind.JsonArray;
        if (start.StartsWith('{') || start.Length == 0)
            return SourceKind.JsonLines;
        return extension is ".json"
            ? throw new UserError($"{name}: begins with neither '[' nor '{{', so it is not JSON; expected a list of objects")
            : SourceKind.Csv;
    }

    private static string Start(string path)
    {
        using var reader = new StreamReader(TextLines.OpenUtf8(path));
        char[] start = new char[Head];
        try
        {
            return new string(start, 0, reader.ReadBlock(start));
        }
        catch (InvalidDataException exception)
        {
            throw new UserError($"{path}: the gzip data is damaged or truncated at its start; get the file again", exception);
        }
    }
}
