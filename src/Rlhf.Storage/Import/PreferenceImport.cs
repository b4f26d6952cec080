using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Import;

/// <summary>A line that was left out, and why.</summary>
public sealed record BadLine(string File, int Line, string Reason)
{
    public override string ToString() => $"{File}:{Line}: {Reason}";
}

/// <summary>What an import did.</summary>
/// <param name="Project">The labeling project that holds it.</param>
/// <param name="Added">Preferences that are new.</param>
/// <param name="Known">Preferences that were there already.</param>
/// <param name="BadLineCount">Lines left out.</param>
/// <param name="BadLines">The first 100 of them.</param>
public sealed record ImportResult(Guid Project, int Added, int Known, int BadLineCount, IReadOnlyList<BadLine> BadLines);

/// <summary>Brings preference pairs that people gave elsewhere in as tasks with annotations. The same preference is entered once, however often its file is read.</summary>
public sealed class PreferenceImport(RlhfDatabase database, TimeProvider? clock = null)
{
    private const int BatchSize = 500;
    private const int MaxBadLinesKept = 100;
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Imports a .jsonl or .jsonl.gz file, or all of them in a folder, into the project of this name.</summary>
    /// <exception cref="UserError">Nothing to read, or not one good line.</exception>
    public async Task<ImportResult> ImportAsync(string path, string project, CancellationToken cancellation = default)
    {
        var files = Files(path);
        var labeling = new LabelingService(database, _clock);
        var projectId = await labeling.CreateProjectAsync(project, cancellation: cancellation);
        var target = await TargetAsync(projectId, project, cancellation);
        var bad = new List<BadLine>();
        int badCount = 0, added = 0, good = 0;
        foreach (string file in files)
        {
            var batch = new List<PreferencePair>();
            foreach (var (number, line, complaint) in JsonLines.Read(file))
            {
                try
                {
                    if (complaint is not null)
                        throw new UserError(complaint);
                    batch.Add(PreferenceLine.Parse(line));
                }
                catch (UserError error)
                {
                    badCount++;
                    if (bad.Count < MaxBadLinesKept)
                        bad.Add(new BadLine(file, number, error.Message));
                }
                if (batch.Count >= BatchSize)
                    await FlushAsync();
            }
            await FlushAsync();

            async Task FlushAsync()
            {
                good += batch.Count;
                added += await database.WriteAsync(db => AddAsync(db, target, batch), cancellation);
                batch.Clear();
            }
        }
        if (good == 0)
            throw new UserError($"{path}: no preference in it" + (bad.Count > 0 ? $"; the first bad line: {bad[0]}" : ""));
        return new ImportResult(projectId, added, good - added, badCount, bad);
    }

    private async Task<Target> TargetAsync(Guid project, string name, CancellationToken cancellation)
    {
        string description = $"import into {name}";
        await using var db = database.OpenReadContext();
        var version = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number).FirstAsync(cancellation);
        var annotator = await db.Annotators.Where(a => !a.IsSimulated && a.Description == description).Select(a => (Guid?)a.Id).FirstOrDefaultAsync(cancellation)
            ?? await new LabelingService(database, _clock).CreateAnnotatorAsync(simulated: false, description, cancellation: cancellation);
        return new Target(project, version, annotator);
    }

    private async Task<int> AddAsync(RlhfDbContext db, Target target, IReadOnlyList<PreferencePair> pairs)
    {
        // The key tells direction too: the opposite preference on the same two texts is another one.
        var tasks = pairs.Select(pair => new NewTask(LabelingService.Prompt(pair.Prompt), [NewCompletion.FromText(pair.Chosen), NewCompletion.FromText(pair.Rejected)],
                Overlap: 1, ContentKey: TaskEntry.Hash("preference\n" + ContentJson.Write(pair))))
            .DistinctBy(task => task.ContentKey).ToList();
        var keys = tasks.Select(t => t.ContentKey!).ToList();
        var known = (await db.Tasks.Where(t => t.ProjectId == target.Project && keys.Contains(t.ContentKey)).Select(t => t.ContentKey).ToListAsync()).ToHashSet(StringComparer.Ordinal);
        long position = await db.Tasks.Where(t => t.ProjectId == target.Project).MaxAsync(t => (long?)t.Position) ?? -1;
        var now = _clock.GetUtcNow();
        int added = 0;
        foreach (var task in tasks.Where(t => !known.Contains(t.ContentKey!)))
        {
            var row = TaskEntry.Row(task, target.Project, ++position, null, now);
            row.Answered = 1;
            row.Open = false;
            var assignment = new Assignment { TaskId = row.Id, AnnotatorId = target.Annotator, State = AssignmentState.Submitted, Leased = now, Expires = now, Closed = now };
            var answers = Answers.OfRanking(Answer.FromRanks([1, 2]));
            AnswerRules.Check(answers, target.Version.Questions, row.Completions.Count);
            db.Tasks.Add(row);
            db.Assignments.Add(assignment);
            db.Annotations.Add(new Annotation
            {
                AssignmentId = assignment.Id,
                TaskId = row.Id,
                AnnotatorId = target.Annotator,
                ProjectVersionId = target.Version.Id,
                Answers = answers,
                IsSimulated = false,
                Created = now,
            });
            added++;
        }
        return added;
    }

    private static string[] Files(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new UserError($"{path}: no such file or folder; expected preference pairs (.jsonl or .jsonl.gz)");
        string[] files = [.. Directory.GetFiles(path).Where(f => f.EndsWith(".jsonl", StringComparison.Ordinal) || f.EndsWith(".jsonl.gz", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new UserError($"{path}: no .jsonl or .jsonl.gz file in this folder");
    }

    private sealed record Target(Guid Project, LabelingProjectVersion Version, Guid Annotator);
}
