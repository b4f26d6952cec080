using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Exchange.Rankings;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>
/// A project as a table: a row for each assignment, or for a task that has none. Its columns are for people and spreadsheets; the column
/// "record" has everything, and is what an import reads.
/// </summary>
internal sealed class ProjectTable(RankingsReader reader, string question, string format)
{
    private static readonly string[] s_before =
        [RankingsFormat.FormatColumn, RankingsFormat.ProjectColumn, "task", "kind", "position", "prompt"];

    private static readonly string[] s_after =
        ["ranking", "strength", "none_acceptable", "annotator", "state", "revision", "version", "seconds", "submitted",
            RankingsFormat.RecordColumn];

    private int _completions;

    /// <summary>The names of the columns: as many completions as the largest task has.</summary>
    public async Task<IReadOnlyList<string>> ColumnsAsync(RlhfDbContext db, Guid project, CancellationToken cancellation)
    {
        _completions = 1 + (await db.Completions
            .Where(c => db.Tasks.Any(t => t.Id == c.TaskId && t.ProjectId == project && t.Erased == null))
            .MaxAsync(c => (int?)c.Index, cancellation) ?? -1);
        return
        [
            .. s_before, .. Enumerable.Range(1, _completions).Select(n => string.Create(CultureInfo.InvariantCulture, $"completion_{n}")),
            .. s_after,
        ];
    }

    /// <summary>The cells of each row; null where there is nothing.</summary>
    public async IAsyncEnumerable<string?[]> RowsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        string? project = JsonSerializer.Serialize(await reader.HeaderAsync(cancellation), RankingsJson.Settings);
        await foreach (var task in reader.TasksAsync(cancellation))
        {
            foreach (var row in Parts(task))
            {
                yield return Cells(row, project);
                project = null;
            }
        }
        if (project is not null)
            yield return [format, project, .. Enumerable.Repeat<string?>(null, s_before.Length - 2 + _completions + s_after.Length)];
    }

    /// <summary>A task for each of its assignments, with the reviews of that one; adjudications stay with the first.</summary>
    private static IEnumerable<TaskRecord> Parts(TaskRecord task)
    {
        if (task.Assignments.Count < 2)
            return [task];
        return task.Assignments.Select((assignment, index) => task with
        {
            Assignments = [assignment],
            Reviews = task.Reviews?.Where(r => r.Annotation is null ? index == 0 : assignment.Annotations.Any(a => a.Id == r.Annotation))
                .ToList()
                is { Count: > 0 } some ? some : null,
        });
    }

    private string?[] Cells(TaskRecord task, string? project)
    {
        var assignment = task.Assignments.Count > 0 ? task.Assignments[0] : null;
        var annotation = assignment?.Annotations.Count > 0 ? assignment.Annotations[^1] : null;
        var answer = annotation?.Answers.GetValueOrDefault(question);
        return
        [
            format, project, task.Id.ToString(), Camel(task.Kind.ToString()), Text(task.Position), Content(task.Prompt),
            .. Enumerable.Range(0, _completions).Select(i => i < task.Completions.Count ? Content(task.Completions[i].Content) : null),
            answer?.Ranking is { } groups ? Ranking(groups) : null, Text(answer?.Strength), answer?.NoneAcceptable == true ? "true" : null,
            assignment?.Annotator.ToString(), assignment is null ? null : Camel(assignment.State.ToString()), Text(annotation?.Revision),
            Text(annotation?.Version), Text(annotation?.Seconds), annotation?.Created.ToString("o", CultureInfo.InvariantCulture),
            JsonSerializer.Serialize(task, RankingsJson.Settings),
        ];
    }

    /// <summary>"3>1=2": the numbers of the completions, best first.</summary>
    private static string Ranking(IReadOnlyList<IReadOnlyList<int>> groups) =>
        string.Join('>', groups.Select(group => string.Join('=', group.Select(index => Text(index + 1)))));

    /// <summary>A plain text as it is, anything else as a list of messages.</summary>
    private static string? Content(IReadOnlyList<Message>? content) => content is null ? null
        : ContentJson.PlainText(content) ?? JsonSerializer.Serialize(content, RankingsJson.Settings);

    private static string? Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture);

    private static string Camel(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);
}
