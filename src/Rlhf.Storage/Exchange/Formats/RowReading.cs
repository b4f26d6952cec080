using System.Text.Json;
using Rlhf.Core;
using Rlhf.Storage.Exchange.Sources;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>How rows become tasks: one by one, or several consecutive rows together.</summary>
internal static class RowReading
{
    /// <summary>Each row for itself; a row may hold several tasks or none.</summary>
    public static Func<IEnumerable<SourceRow>, IEnumerable<ReadTask>> Each(
        Func<JsonElement, IEnumerable<ImportedTask>> read, string expected = "an object") =>
        rows => rows.SelectMany(row => row.Fault is not null
            ? [new ReadTask(row.Number, null, row.Fault)]
            : Guarded(row.Number, () => JsonRow.Parse(row.Json, element => read(element).ToList(), expected)));

    /// <summary>Each row is one task.</summary>
    public static Func<IEnumerable<SourceRow>, IEnumerable<ReadTask>> One(
        Func<JsonElement, ImportedTask> read, string expected = "an object") => Each(row => [read(row)], expected);

    /// <summary>Consecutive rows with the same key together, at most <paramref name="most"/> of them.</summary>
    public static Func<IEnumerable<SourceRow>, IEnumerable<ReadTask>> Consecutive(
        Func<JsonElement, string> key, int most, Func<IReadOnlyList<JsonElement>, IEnumerable<ImportedTask>> read) =>
        rows => ReadConsecutive(rows, key, most, read);

    private static IEnumerable<ReadTask> ReadConsecutive(
        IEnumerable<SourceRow> rows, Func<JsonElement, string> key, int most, Func<IReadOnlyList<JsonElement>,
            IEnumerable<ImportedTask>> read)
    {
        var group = new List<JsonElement>();
        (string? current, int first) = (null, 0);
        foreach (var row in rows)
        {
            var (element, name, fault) = Keyed(row, key);
            if (fault is null && name == current && group.Count < most)
            {
                group.Add(element);
                continue;
            }
            foreach (var task in Finish())
                yield return task;
            if (fault is not null)
            {
                current = null;
                yield return new ReadTask(row.Number, null, fault);
                continue;
            }
            (current, first) = (name, row.Number);
            group.Add(element);
        }
        foreach (var task in Finish())
            yield return task;

        IReadOnlyList<ReadTask> Finish()
        {
            List<JsonElement> finished = [.. group];
            group.Clear();
            return finished.Count == 0 ? [] : Guarded(first, () => read(finished).ToList());
        }
    }

    private static (JsonElement Row, string? Key, string? Fault) Keyed(SourceRow row, Func<JsonElement, string> key)
    {
        if (row.Fault is not null)
            return (default, null, row.Fault);
        try
        {
            var element = JsonRow.Parse(row.Json, r => r.Clone());
            return (element, key(element), null);
        }
        catch (UserError error)
        {
            return (default, null, error.Message);
        }
    }

    private static List<ReadTask> Guarded(int line, Func<IReadOnlyList<ImportedTask>> read)
    {
        try
        {
            return [.. read().Select(task => new ReadTask(line, task))];
        }
        catch (UserError error)
        {
            return [new ReadTask(line, null, error.Message)];
        }
        catch (InvalidOperationException)
        {
            // Rows that were kept are read after they were checked.
            return [new ReadTask(line, null, "a text with invalid Unicode")];
        }
    }
}
