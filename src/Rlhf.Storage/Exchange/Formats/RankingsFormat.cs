using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Storage.Exchange.Export;
using Rlhf.Storage.Exchange.Rankings;
using Rlhf.Storage.Exchange.Sources;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Exports of this program: JSON lines, or a table (CSV, Parquet) whose column <c>record</c> holds such lines. Everything is in them: ids,
/// times, every revision with the version it answered, reviews.
/// </summary>
internal static class RankingsFormat
{
    /// <summary>The column of a table that holds the first line, in its first row.</summary>
    public const string ProjectColumn = "project";

    /// <summary>The column of a table that holds a line of a task.</summary>
    public const string RecordColumn = "record";

    /// <summary>The column of a table that says how its cells are written.</summary>
    public const string FormatColumn = "format";

    public static ImportFormat Format { get; } = new(
        "rankings", "an export of this program: rankings (.jsonl), csv, csv-spreadsheet or parquet",
        row => row.Name(FormatColumn)?.StartsWith("rlhf.", StringComparison.Ordinal) == true, ReadTasks);

    /// <summary>The header and the tasks of a file, as they are written; tables have a row for each assignment.</summary>
    public static IEnumerable<(int Line, RankingsHeader? Header, TaskRecord? Task, string? Fault)> ReadRecords(IEnumerable<SourceRow> rows)
    {
        foreach (var row in rows)
        {
            if (row.Fault is not null)
            {
                yield return (row.Number, null, null, row.Fault);
                continue;
            }
            foreach (var (header, json, fault) in Lines(row))
            {
                (RankingsHeader? first, TaskRecord? task, string? broken) = (null, null, fault);
                if (fault is null)
                {
                    try
                    {
                        first = header ? Header(json) : null;
                        task = header ? null : JsonSerializer.Deserialize<TaskRecord>(json, RankingsJson.Settings);
                    }
                    catch (JsonException exception)
                    {
                        broken = JsonFault.Describe(exception);
                    }
                    catch (UserError exception)
                    {
                        broken = exception.Message;
                    }
                    catch (InvalidOperationException)
                    {
                        broken = "a text with invalid Unicode";
                    }
                }
                yield return (row.Number, first, task, broken);
            }
        }
    }

    private static RankingsHeader Header(string json)
    {
        var header = JsonSerializer.Deserialize<RankingsHeader>(json, RankingsJson.Settings)!;
        return header.FormatVersion <= RankingsHeader.CurrentVersion
            ? header
            : throw new UserError($"version {header.FormatVersion} of the format, written by a later version of this program; "
                + $"this one reads up to {RankingsHeader.CurrentVersion}");
    }

    private static List<(bool Header, string Json, string? Fault)> Lines(SourceRow row)
    {
        try
        {
            return JsonRow.Parse(row.Json, element =>
            {
                string? format = element.Name(FormatColumn);
                if (format == RankingsHeader.Name)
                    return [(true, element.GetRawText(), null)];
                if (element.Find("task") is not null && !element.Has(RecordColumn))
                    return [(false, element.GetRawText(), null)];
                bool spreadsheet = format == TableFormats.Spreadsheet;
                var lines = new List<(bool, string, string?)>();
                if (element.Name(ProjectColumn) is { Length: > 0 } project)
                    lines.Add((true, SpreadsheetCell.Restore(project, spreadsheet), null));
                if (element.Name(RecordColumn) is { Length: > 0 } record)
                    lines.Add((false, SpreadsheetCell.Restore(record, spreadsheet), null));
                return lines.Count > 0 ? lines : throw new UserError($"no '{RecordColumn}' in this row");
            });
        }
        catch (UserError error)
        {
            return [(false, "", error.Message)];
        }
    }

    /// <summary>For a preview: the newest answers of each task.</summary>
    private static IEnumerable<ReadTask> ReadTasks(IEnumerable<SourceRow> rows)
    {
        foreach (var (line, _, task, fault) in ReadRecords(rows))
        {
            if (fault is not null)
                yield return new ReadTask(line, null, fault);
            else if (task is not null)
                yield return new ReadTask(line, new ImportedTask(
                    task.Prompt ?? [], [.. task.Completions.Select(c => new ImportedCompletion(c.Content))],
                    [
                        .. task.Assignments.Where(a => a.Annotations.Count > 0)
                            .Select(a => new ImportedAnswers(a.Annotations[^1].Answers, a.Annotator.ToString())),
                    ]));
        }
    }
}
