using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Erasure;

/// <summary>What an erasure did.</summary>
/// <param name="ErasureId">Names its tombstones and stale marks.</param>
/// <param name="Annotations">Annotation revisions whose answers are gone.</param>
/// <param name="Tasks">Tasks whose prompt and completions are gone.</param>
/// <param name="StaleVersions">Dataset versions that held something of it.</param>
/// <param name="StaleCheckpoints">Checkpoints that were trained on them, directly or not.</param>
/// <param name="RemovedFiles">
/// Files that held something of it and were removed: materialized datasets and reports, which can be made again, and copies
/// of the database from before a migration.
/// </param>
/// <param name="ChangedFiles">Files of runs from which lines or samples with an erased prompt were taken.</param>
public sealed record ErasureResult(
    Guid ErasureId, int Annotations, int Tasks, int StaleVersions, int StaleCheckpoints, IReadOnlyList<string> RemovedFiles,
    IReadOnlyList<string> ChangedFiles);

/// <summary>
/// Erases data on a person's request: from rows, from the file's free pages, from the folders of runs. Each erasure is first written
/// to <c>erasures.jsonl</c> in the home folder, which is not part of a backup, so that it can be repeated after a restore or a crash.
/// </summary>
public sealed class Erasures(RlhfDatabase database, Home home, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>The erasures so far, a line of JSON for each.</summary>
    public string LogFile => Path.Combine(home.Root, "erasures.jsonl");

    /// <summary>
    /// Erases an annotator with all of their answers, one annotation with all of its revisions, or a prompt
    /// (named by a task) with every task that has it.
    /// </summary>
    /// <exception cref="UserError">There is nothing of this id.</exception>
    public async Task<ErasureResult> EraseAsync(ErasureKind kind, Guid id, CancellationToken cancellation = default)
    {
        IReadOnlyList<Guid> targets;
        await using (var db = database.OpenReadContext())
            targets = await TargetsAsync(db, kind, id);
        var line = new LogLine(Guid.CreateVersion7(), kind, targets, _clock.GetUtcNow());
        // First of all: what is promised here is done even when the process ends now.
        await AppendAsync(line, cancellation);
        return await ApplyAsync(line, keepReplaced: false, cancellation);
    }

    /// <summary>Repeats every logged erasure; called after a backup was restored. Data that is erased already stays erased.</summary>
    /// <returns>How many erasures changed something.</returns>
    public async Task<int> ReplayAsync(CancellationToken cancellation = default)
    {
        int changed = 0;
        if (!File.Exists(LogFile))
            return changed;
        RegularFile.Check(LogFile);
        await foreach (string json in File.ReadLinesAsync(LogFile, cancellation))
        {
            if (TryRead(json) is not { } line)
                continue;
            var result = await ApplyAsync(line, keepReplaced: true, cancellation);
            changed += result.Annotations + result.Tasks > 0 ? 1 : 0;
        }
        return changed;
    }

    private static async Task<IReadOnlyList<Guid>> TargetsAsync(RlhfDbContext db, ErasureKind kind, Guid id) => kind switch
    {
        ErasureKind.Annotator => await db.Annotators.AnyAsync(a => a.Id == id) ? [id] : throw new UserError($"no annotator {id}"),
        ErasureKind.Annotation => await db.Annotations.AnyAsync(a => a.Id == id) ? [id] : throw new UserError($"no annotation {id}"),
        _ => await ErasureRules.SamePromptAsync(db, id),
    };

    private async Task<ErasureResult> ApplyAsync(LogLine line, bool keepReplaced, CancellationToken cancellation)
    {
        // Before the rows: they tell what to look for, also when this is done again after a crash.
        var changed = line.Kind == ErasureKind.Prompt ? await RemovePromptsAsync(line.Targets, cancellation) : [];
        var (marked, versions, annotations, tasks) = await database.WriteAsync(async db =>
        {
            var now = _clock.GetUtcNow();
            // Done again after a restore it is an erasure of its own: the marks of the first may be there still.
            bool again = await db.Tombstones.AnyAsync(t => t.ErasureId == line.Erasure, cancellation);
            var rules = new ErasureRules(db, again ? Guid.CreateVersion7() : line.Erasure, now);
            var targets = line.Targets;
            var assignments = line.Kind switch
            {
                ErasureKind.Annotator => db.Assignments.Where(a => targets.Contains(a.AnnotatorId)).Select(a => a.Id),
                ErasureKind.Annotation => db.Annotations.Where(a => targets.Contains(a.Id)).Select(a => a.AssignmentId),
                _ => db.Assignments.Where(a => targets.Contains(a.TaskId)).Select(a => a.Id),
            };
            // Also those that an earlier try marked, before it could remove their files.
            var holding = await db.DatasetVersionEntries
                .Where(e => db.Annotations.Any(a => a.Id == e.AnnotationId && assignments.Contains(a.AssignmentId)))
                .Select(e => e.DatasetVersionId).Distinct().ToListAsync(cancellation);
            var reviewed = line.Kind == ErasureKind.Annotator
                ? await ReviewedVersions.FindAsync(db, targets[0], cancellation) : [];
            bool isNew = line.Kind == ErasureKind.Annotator
                && await db.Annotators.AnyAsync(a => targets.Contains(a.Id) && a.Erased == null, cancellation);
            int revisions = await db.Annotations.CountAsync(a => a.Erased == null && assignments.Contains(a.AssignmentId), cancellation);
            var stale = await rules.EraseAssignmentsAsync(assignments, isNew ? reviewed : []);
            int erasedTasks = 0;
            if (line.Kind == ErasureKind.Prompt)
            {
                erasedTasks = await db.Tasks.CountAsync(t => targets.Contains(t.Id) && t.Erased == null, cancellation);
                await rules.EraseTasksAsync(targets);
            }
            else if (isNew)
            {
                await rules.EraseAnnotatorAsync(targets[0]);
            }
            return (stale, holding.Union(reviewed).ToList(), revisions, erasedTasks);
        }, cancellation);
        var removed = await RemoveFilesAsync(versions, [.. changed.Select(c => c.Run)], keepReplaced, cancellation);
        // Freed pages and the write-ahead log hold the old bytes until now.
        await database.CompactAsync(cancellation);
        return new ErasureResult(line.Erasure, annotations, tasks, marked.Versions.Count, marked.Checkpoints.Count, removed,
            [.. changed.Select(c => c.File)]);
    }

    private async Task<IReadOnlyList<string>> RemoveFilesAsync(
        IReadOnlyCollection<Guid> versions, IReadOnlyCollection<Guid> changedRuns, bool keepReplaced, CancellationToken cancellation)
    {
        var runs = await database.WriteAsync(async db =>
        {
            var found = await db.Runs.Where(r => r.DatasetVersionId != null && versions.Contains(r.DatasetVersionId.Value))
                .ToListAsync(cancellation);
            foreach (var run in found.Where(r => r.Result is not null))
                run.Result = ErasedFiles.WithoutHashes(run.Result!)?.ToJsonString(ContentJson.Settings) ?? run.Result;
            return found.Select(r => r.Id).ToList();
        }, cancellation);
        await using var db = database.OpenReadContext();
        var pipelines = await db.Runs.Where(r => r.PipelineRunId != null && changedRuns.Contains(r.Id)).Select(r => r.PipelineRunId!.Value)
            .Distinct().ToListAsync(cancellation);
        var files = pipelines.Select(home.Report).Where(File.Exists)
            // The database that a restore has just replaced had these erasures done already.
            .Concat(SchemaUpdate.Copies(database.FilePath)
                .Where(copy => !keepReplaced || !copy.StartsWith(Backups.ReplacedPath(database.FilePath), StringComparison.Ordinal)))
            .ToList();
        foreach (string file in files)
            File.Delete(file);
        return [.. runs.SelectMany(run => ErasedFiles.RemoveRankings(home.RunFolder(run))), .. files];
    }

    private async Task<IReadOnlyList<(Guid Run, string File)>> RemovePromptsAsync(IReadOnlyList<Guid> tasks, CancellationToken cancellation)
    {
        await using var db = database.OpenReadContext();
        var contexts = await db.Tasks.Where(t => tasks.Contains(t.Id) && t.Context != null).Select(t => t.Context!)
            .ToListAsync(cancellation);
        var prompts = contexts.Select(ContentJson.AllText).Where(text => text.Length > 0).ToHashSet(StringComparer.Ordinal);
        if (prompts.Count > 0 && Directory.Exists(home.Prompts))
            ErasedFiles.RemovePrompts(home.Prompts, prompts);
        return prompts.Count == 0 || !Directory.Exists(home.Runs) ? [] :
        [
            .. from folder in Directory.GetDirectories(home.Runs)
               where Guid.TryParse(Path.GetFileName(folder), out _)
               from file in ErasedFiles.RemovePrompts(folder, prompts)
               select (Guid.Parse(Path.GetFileName(folder)), file),
        ];
    }

    private async Task AppendAsync(LogLine line, CancellationToken cancellation)
    {
        await using var file = new FileStream(LogFile, FileMode.Append, FileAccess.Write, FileShare.Read);
        await file.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, ContentJson.Settings), cancellation);
        file.WriteByte((byte)'\n');
        file.Flush(flushToDisk: true);
    }

    /// <summary>A last line that was cut off by a crash promised nothing.</summary>
    private static LogLine? TryRead(string json)
    {
        try
        {
            return json.Length == 0 ? null : ContentJson.Read<LogLine>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record LogLine(Guid Erasure, ErasureKind Kind, IReadOnlyList<Guid> Targets, DateTimeOffset Time);
}
