using System.Text.Json;
using Rlhf.Core;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Exchange.Sources;

namespace Rlhf.Storage.Exchange.Import;

/// <summary>A file to import, and how it is read.</summary>
public sealed record ImportSource(string Path)
{
    /// <summary>What people call it, where <see cref="Path"/> is a temporary copy.</summary>
    public string? Name { get; init; }

    /// <summary>The name of its format; null recognizes it by its columns.</summary>
    public string? Format { get; init; }

    /// <summary>Columns under the names of the format: "prompt=question".</summary>
    public IReadOnlyList<string> Map { get; init; } = [];

    internal string ShownName => Name ?? Path;
}

/// <summary>An opened file: its format is known.</summary>
internal sealed class ImportFile
{
    private readonly SourceFile _file;
    private readonly ColumnMap _map;
    private readonly ImportSource _source;

    private ImportFile(ImportSource source, SourceFile file, ColumnMap map, ImportFormat format, IReadOnlyList<string> columns) =>
        (_source, _file, _map, Format, Columns) = (source, file, map, format, columns);

    public ImportFormat Format { get; }

    /// <summary>The columns of the first row, before they are mapped.</summary>
    public IReadOnlyList<string> Columns { get; }

    public string Name => _source.ShownName;

    /// <exception cref="UserError">Nothing that can be read, a format that is not known, or a mapping that is none.</exception>
    public static ImportFile Open(ImportSource source)
    {
        var map = ColumnMap.Parse(source.Map);
        var named = source.Format is { Length: > 0 } name ? ImportFormats.Named(name) : null;
        try
        {
            var file = SourceFile.Open(source.Path, source.ShownName);
            var columns = Names(file.Read());
            var format = named ?? Recognize(source, file, map, columns);
            return new ImportFile(source, file, map, format, columns);
        }
        catch (UserError error) when (source.Name is { } shown && error.Message.Contains(source.Path, StringComparison.Ordinal))
        {
            throw new UserError(error.Message.Replace(source.Path, shown, StringComparison.Ordinal), error);
        }
    }

    /// <summary>The rows as they are mapped, for a format that reads them itself.</summary>
    public IEnumerable<SourceRow> Rows() => _map.Apply(_file.Read());

    public IEnumerable<ReadTask> Tasks() => Format.Read(Rows());

    private static ImportFormat Recognize(ImportSource source, SourceFile file, ColumnMap map, IReadOnlyList<string> columns)
    {
        string? fault = null;
        foreach (var row in map.Apply(file.Read()))
        {
            if (row.Fault is not null)
            {
                fault ??= $"line {row.Number}: {row.Fault}";
                continue;
            }
            if (Find(row) is { } format)
                return format;
            fault = null;
            break;
        }
        throw new UserError(columns.Count == 0 || fault is not null
            ? $"{source.ShownName}: no row in it that can be read{(fault is null ? "" : $"; {fault}")}"
            : $"{source.ShownName}: no format that is known here has the columns {string.Join(", ", columns.Select(c => $"'{c}'"))}; "
            + "name them, such as --map prompt=question --map chosen=better --map rejected=worse, or name the format with --format ("
            + string.Join(", ", ImportFormats.All.Select(f => f.Name)) + ")");
    }

    private static ImportFormat? Find(SourceRow row)
    {
        try
        {
            return JsonRow.Parse(row.Json, ImportFormats.Recognize);
        }
        catch (UserError)
        {
            return null;
        }
    }

    private static IReadOnlyList<string> Names(IEnumerable<SourceRow> rows)
    {
        foreach (var row in rows.Where(row => row.Fault is null))
        {
            try
            {
                using var json = JsonDocument.Parse(row.Json);
                if (json.RootElement.ValueKind == JsonValueKind.Object)
                    return [.. json.RootElement.EnumerateObject().Select(p => p.Name)];
            }
            catch (JsonException)
            {
                // The next row may tell.
            }
        }
        return [];
    }
}
