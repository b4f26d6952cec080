using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Exchange.Import;

/// <summary>A task of a file with the line it came from and the key that makes it this task of the project.</summary>
internal sealed record KeyedTask(int Line, ImportedTask Task, string Key);

/// <summary>Writes imported tasks and their answers as rows. Inside one transaction.</summary>
internal sealed class ImportedRows(RlhfDbContext db, ImportTarget target, ImportTally tally, DateTimeOffset now)
{
    /// <summary>
    /// What makes an imported task this one. The same again in one file is another task: what a file says twice counts twice.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="occurrences">How often each was seen, by half of its hash: some dozen bytes for each line of a file.</param>
    public static string Key(ImportedTask task, Dictionary<UInt128, int> occurrences)
    {
        if (task.Answers.Count == 0)
            return TaskEntry.ContentKey(NewTask(task));
        string key = TaskEntry.Hash(task.Identity
            ?? "task\n" + ContentJson.Write(new { task.Prompt, task.Completions, task.Answers, task.SplitGroup }));
        var half = UInt128.Parse(key.AsSpan(0, 32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        int occurrence = occurrences[half] = occurrences.GetValueOrDefault(half) + 1;
        return occurrence == 1 ? key : TaskEntry.Hash($"{key}\n{occurrence}");
    }

    public async Task AddAsync(IReadOnlyList<KeyedTask> batch, CancellationToken cancellation)
    {
        var keys = batch.Select(entry => entry.Key).ToList();
        var known = (await db.Tasks.Where(t => t.ProjectId == target.Project && keys.Contains(t.ContentKey)).Select(t => t.ContentKey)
            .ToListAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        long position = await db.Tasks.Where(t => t.ProjectId == target.Project).MaxAsync(t => (long?)t.Position, cancellation) ?? -1;
        foreach (var entry in batch)
        {
            if (!known.Add(entry.Key) || AreErased(entry.Task))
                tally.Known++;
            else if (Fitting(entry) is { } answers)
                await AddAsync(entry, answers, ++position, cancellation);
            if (entry.Task.Remark is { } remark)
                tally.Note(remark);
        }
    }

    private bool AreErased(ImportedTask task) => task.Answers.Count > 0 && target.ErasedContents.Count > 0
        && target.ErasedContents.Contains(TaskEntry.ContentKey(NewTask(task)));

    private static NewTask NewTask(ImportedTask task) => new(
        task.Prompt, [.. task.Completions.Select(c => new NewCompletion(c.Content)
        {
            SamplingSettings = CompletionSource.Write(c.Source),
        })])
    {
        SplitGroup = task.SplitGroup,
    };

    private async Task AddAsync(KeyedTask entry, List<ImportedAnswers> answers, long position, CancellationToken cancellation)
    {
        var row = TaskEntry.Row(NewTask(entry.Task) with { ContentKey = entry.Key }, target.Project, position, null, now);
        row.Answered = answers.Count;
        row.Open = answers.Count < target.Overlap;
        db.Tasks.Add(row);
        tally.Tasks++;
        foreach (var given in answers)
        {
            var annotator = await target.AnnotatorAsync(db, given.Annotator, given.Simulated, now, cancellation);
            var assignment = new Assignment
            {
                ProjectId = target.Project,
                ProjectVersionId = target.Version.Id,
                TaskId = row.Id,
                AnnotatorId = annotator,
                State = AssignmentState.Submitted,
                Leased = now,
                Expires = now,
                Closed = now,
            };
            db.Assignments.Add(assignment);
            db.Annotations.Add(new Annotation
            {
                AssignmentId = assignment.Id,
                TaskId = row.Id,
                AnnotatorId = annotator,
                ProjectVersionId = target.Version.Id,
                Answers = given.Answers,
                IsSimulated = given.Simulated,
                Created = now,
            });
            tally.Annotations++;
        }
    }

    /// <summary>The answers as the project asks for them; null, and told, where they do not fit.</summary>
    private List<ImportedAnswers>? Fitting(KeyedTask entry)
    {
        try
        {
            string[] texts = [.. entry.Task.Completions.Select(c => ContentJson.AllText(c.Content))];
            CheckCount(texts.Length, entry.Task.Answers.Count > 0);
            var fitting = new List<ImportedAnswers>();
            foreach (var given in Named(entry.Task.Answers))
            {
                var answers = FitAnswers.Fit(given.Answers, entry.Task, target, texts, tally);
                AnswerRules.Check(answers, target.Questions, texts);
                if (answers.Count > 0)
                    fitting.Add(given with { Answers = answers });
            }
            if (texts.Length < 2 && fitting.Count == 0 && entry.Task.Answers.Count > 0)
                throw new UserError("a single completion, which nobody can rank, and the project asks nothing that the file answers");
            return fitting;
        }
        catch (UserError error)
        {
            tally.Bad(entry.Line, error.Message);
            return null;
        }
    }

    /// <summary>A single completion cannot be ranked, but what a file says of it otherwise is kept.</summary>
    private void CheckCount(int count, bool answered)
    {
        if (target.Completions is not var (least, most))
            return;
        if (count > most || count < least && (!answered || least == most))
        {
            throw new UserError($"{count} completions; the tasks of this project have "
                + (least == most ? $"{least}" : $"{least} … {most}"));
        }
    }

    /// <summary>Several answers without a name are by different people; the last of one person counts.</summary>
    private static IEnumerable<ImportedAnswers> Named(IReadOnlyList<ImportedAnswers> answers)
    {
        bool several = answers.Count(a => a.Annotator is null) > 1;
        return answers.Select((a, index) => several && a.Annotator is null ? a with { Annotator = $"annotator-{index + 1}" } : a)
            .GroupBy(a => (a.Annotator, a.Simulated)).Select(same => same.Last());
    }
}
