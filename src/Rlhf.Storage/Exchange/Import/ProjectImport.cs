using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Exchange.Rankings;
using Rlhf.Storage.Import;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Exchange.Import;

/// <summary>
/// Imports files into labeling projects: tasks, and the answers that a file has for them. A bad line is told with its number and the good
/// ones go in; the same file again adds nothing.
/// </summary>
/// <param name="database">Where the projects are.</param>
/// <param name="clock">The time of what is added.</param>
/// <param name="changes">Where a change of the project is published; null publishes nothing.</param>
public sealed class ProjectImport(RlhfDatabase database, TimeProvider? clock = null, ChangeFeed? changes = null)
{
    /// <summary>Tasks in one transaction, about 50 ms: other writers wait meanwhile.</summary>
    private const int BatchSize = 200;

    /// <summary>How many tasks a preview shows.</summary>
    public const int PreviewRows = 5;

    private const int MaxPreviewLines = 200;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Reads the first rows as they would be imported, and writes nothing.</summary>
    /// <exception cref="UserError">Nothing that can be read, a format that is not known, or a mapping that is none.</exception>
    public static ImportPreview Preview(ImportSource source, int rows = PreviewRows)
    {
        var file = ImportFile.Open(source);
        var shown = new List<PreviewRow>();
        var bad = new List<BadLine>();
        foreach (var read in file.Tasks().Take(MaxPreviewLines))
        {
            if (read.Task is { } task)
                shown.Add(Shown(read.Line, task));
            else
                bad.Add(new BadLine(file.Name, read.Line, read.Fault!));
            if (shown.Count >= rows)
                break;
        }
        return new ImportPreview(file.Format.Name, file.Columns, shown, bad);
    }

    /// <summary>Imports a file into a project.</summary>
    /// <exception cref="UserError">
    /// No such project, nothing that can be read, or no line that could be imported. What was added before a file turned out to be damaged
    /// stays; importing the whole file adds the rest.
    /// </exception>
    public async Task<ImportReport> ImportAsync(Guid project, ImportSource source, CancellationToken cancellation = default)
    {
        var file = ImportFile.Open(source);
        ImportTarget target;
        await using (var db = database.OpenReadContext())
            target = await ImportTarget.OfProjectAsync(db, project, cancellation);
        var tally = new ImportTally(file.Name);
        try
        {
            if (ReferenceEquals(file.Format, RankingsFormat.Format))
                await new RankingsImport(database, project, tally, _clock).ImportAsync(file.Rows(), cancellation);
            else
                await ImportAsync(file, target, tally, cancellation);
        }
        catch (UserError error) when (source.Name is { } shown && error.Message.Contains(source.Path, StringComparison.Ordinal))
        {
            throw new UserError(error.Message.Replace(source.Path, shown, StringComparison.Ordinal), error);
        }
        finally
        {
            if (tally.Tasks + tally.Annotations > 0)
            {
                changes?.Publish(new Change(
                    ChangeTypes.LabelingProject, null, null, _clock.GetUtcNow(), new JsonObject { ["project"] = project.ToString() }));
            }
        }
        var report = tally.Report(project, file.Format.Name);
        return report.BadLineCount > 0 && report.Tasks + report.Annotations + report.Known == 0
            ? throw new UserError($"{file.Name}: none of {report.BadLineCount} lines could be imported as {report.Format}. "
                + $"The first: line {report.BadLines[0].Line}: {report.BadLines[0].Reason}")
            : report;
    }

    /// <summary>
    /// Makes a project that asks what a file answers, and imports the file into it. A project of this name that is there already takes the
    /// file.
    /// </summary>
    /// <exception cref="UserError">Nothing that can be read, or no line that could be imported; no project is made then.</exception>
    public async Task<ImportReport> ImportAsync(string projectName, ImportSource source, CancellationToken cancellation = default)
    {
        await using (var db = database.OpenReadContext())
        {
            if (await db.Projects.Where(p => p.Name == projectName).Select(p => (Guid?)p.Id)
                .SingleOrDefaultAsync(cancellation) is { } known)
                return await ImportAsync(known, source, cancellation);
        }
        var file = ImportFile.Open(source);
        var asked = new AskedQuestions { Formats = { file.Format } };
        string? fault = null;
        bool any = false;
        foreach (var read in file.Tasks())
        {
            any |= read.Task is not null;
            fault ??= read.Fault is null ? null : $"line {read.Line}: {read.Fault}";
            if (read.Task is not null)
                asked.Add(read.Task);
        }
        if (!any && !ReferenceEquals(file.Format, RankingsFormat.Format))
            throw new UserError($"{file.Name}: no line could be imported as {file.Format.Name}. The first: {fault ?? "there is none"}");
        var project = await new LabelingService(database, _clock).CreateProjectAsync(
            projectName, Math.Max(1, asked.MaxAnswers), asked.Questions, cancellation: cancellation);
        return await ImportAsync(project, source, cancellation);
    }

    private async Task ImportAsync(ImportFile file, ImportTarget target, ImportTally tally, CancellationToken cancellation)
    {
        var occurrences = new Dictionary<UInt128, int>();
        var batch = new List<KeyedTask>();
        foreach (var read in file.Tasks())
        {
            if (read.Task is { } task)
                batch.Add(new KeyedTask(read.Line, task, ImportedRows.Key(task, occurrences)));
            else
                tally.Bad(read.Line, read.Fault!);
            if (batch.Count >= BatchSize)
                await FlushAsync();
        }
        await FlushAsync();

        async Task FlushAsync()
        {
            var rows = batch;
            batch = [];
            await database.WriteAsync(
                db => new ImportedRows(db, target, tally, _clock.GetUtcNow()).AddAsync(rows, cancellation), cancellation);
        }
    }

    private static PreviewRow Shown(int line, ImportedTask task) => new(
        line, Text(task.Prompt), [.. task.Completions.Select(c => Text(c.Content))], [.. task.Answers.Select(Shown)]);

    private static string Text(IReadOnlyList<Message> content) => ContentJson.PlainText(content)
        ?? string.Join("\n\n", content.Select(message => $"{message.Role}: {message.AllText()}"));

    private static string Shown(ImportedAnswers given)
    {
        var parts = new List<string>();
        foreach (var (key, answer) in given.Answers)
        {
            if (answer.Ranking is { } groups)
                parts.Add(string.Join(" > ", groups.Select(group => string.Join(" = ", group.Select(index => index + 1))))
                    + (answer.Strength is > 0 and var strength ? $" ({Number(strength)})" : "")
                    + (answer.NoneAcceptable == true ? ", none acceptable" : ""));
            else if (answer.Ratings is { } ratings)
                parts.Add($"{key} {string.Join(", ", ratings.Select(Number))}");
            else if (answer.Rationale is { } text)
                parts.Add($"{key} '{text}'");
            else if (answer.Flags is { } labels)
                parts.Add($"{key} [{string.Join(", ", labels)}]");
            else if (answer.CompletionFlags is { } each)
                parts.AddRange(each.Select((given, index) => (given, index)).Where(e => e.given.Count > 0)
                    .Select(e => $"{key} {e.index + 1} [{string.Join(", ", e.given)}]"));
        }
        return (given.Annotator is { } name ? name + ": " : "") + string.Join("; ", parts);
    }

    private static string Number(double? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "–";
}
