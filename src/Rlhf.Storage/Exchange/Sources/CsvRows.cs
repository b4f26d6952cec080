using System.Buffers;
using System.Text;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Storage.Exchange.Sources;

/// <summary>
/// The rows of a table as objects of texts by the names in its header. A cell that holds a JSON list of messages, or any list in a column
/// of lists (completions, ranks), becomes that list.
/// </summary>
internal static class CsvRows
{
    private static readonly char[] s_delimiters = [',', ';', '\t', '|'];

    private static readonly HashSet<string> s_lists = new(["completions", "ranks", "individual_preference"], StringComparer.Ordinal);

    public static IEnumerable<SourceRow> Read(string path)
    {
        using var reader = new StreamReader(TextLines.OpenUtf8(path), new UTF8Encoding(false, throwOnInvalidBytes: true), false, 1 << 16);
        string start = Guarded(path, 1, () => FirstLine(path));
        var records = new CsvRecords(reader, Delimiter(start));
        if (start.StartsWith("sep=", StringComparison.OrdinalIgnoreCase))
            Guarded(path, 1, () => records.Read(0));
        string[] names = Header(path, Guarded(path, 1, () => records.Read(0)));
        var json = new ArrayBufferWriter<byte>();
        int line = 2;
        while (Guarded(path, line, () => records.Read(names.Length)) is { } record)
        {
            line = record.Line + 1;
            if (record.Fault is not null)
                yield return new SourceRow(record.Line, default, record.Fault);
            else if (record.Cells.Any(cell => cell.Length > 0))
                yield return Row(record, names, json);
        }
    }

    private static SourceRow Row(CsvRecord record, string[] names, ArrayBufferWriter<byte> json)
    {
        json.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            for (int i = 0; i < names.Length; i++)
            {
                if (IsJsonList(names[i], record.Cells[i]))
                {
                    writer.WritePropertyName(names[i]);
                    writer.WriteRawValue(record.Cells[i]);
                }
                else
                {
                    writer.WriteString(names[i], record.Cells[i]);
                }
            }
            writer.WriteEndObject();
        }
        return new SourceRow(record.Line, json.WrittenMemory);
    }

    /// <summary>
    /// A list of messages in any column, any list in the columns that hold lists. Everything else is text, "[sic]" and "[1, 2]" too.
    /// </summary>
    private static bool IsJsonList(string name, string cell)
    {
        if (cell is not ['[', .., ']'])
            return false;
        try
        {
            using var document = JsonDocument.Parse(cell);
            return s_lists.Contains(name)
                || document.RootElement.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
                && first.TryGetProperty("role", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string[] Header(string path, CsvRecord? record)
    {
        if (record is null || record.Fault is not null)
            throw new UserError($"{path}:1: no header: {record?.Fault ?? "the file is empty"}; expected the names of the columns");
        string[] names = [.. record.Cells.Select(name => name.Trim())];
        // Spreadsheets leave empty columns at the end.
        names = [.. names.Select((name, index) => name.Length > 0 ? name : $"column {index + 1}")];
        return names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new UserError(
                $"{path}:{record.Line}: the header names '{twice.Key}' {twice.Count()} times; a column needs a name of its own")
            : names;
    }

    /// <summary>The one that splits the header into the most cells.</summary>
    private static char Delimiter(string header)
    {
        if (header.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && header.Length >= 5)
            return header[4];
        return s_delimiters.MaxBy(d => new CsvRecords(new StringReader(header), d).Read(0)?.Cells.Count ?? 0);
    }

    private static string FirstLine(string path)
    {
        using var reader = new StreamReader(TextLines.OpenUtf8(path), new UTF8Encoding(false, throwOnInvalidBytes: true));
        var line = new StringBuilder();
        bool quoted = false;
        while (reader.Read() is var next and >= 0 && (quoted || next is not ('\r' or '\n')) && line.Length < CsvRecords.MaxLength)
        {
            quoted ^= next == '"';
            line.Append((char)next);
        }
        return line.ToString();
    }

    private static T Guarded<T>(string path, int line, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DecoderFallbackException exception)
        {
            throw new UserError($"{path}: in or after line {line}: not UTF-8; if the table is in Windows-1252 or Latin-1, save it as UTF-8 "
                + "or convert it: iconv -f WINDOWS-1252 -t UTF-8", exception);
        }
        catch (InvalidDataException exception)
        {
            throw new UserError($"{path}: in or after line {line}: the gzip data is damaged or truncated; get the file again", exception);
        }
    }
}
