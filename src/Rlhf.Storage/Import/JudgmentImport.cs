using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Import;

/// <summary>What an import did.</summary>
/// <param name="Project">The labeling project that holds it.</param>
/// <param name="Added">Judgments that are new.</param>
/// <param name="Known">Judgments that were there already.</param>
/// <param name="Survey">What the files hold, bad lines too.</param>
public sealed record ImportResult(Guid Project, int Added, int Known, JudgmentSurvey Survey);

/// <summary>
/// Imports preferences and rankings from files, as tasks with annotations. A labeling project of its own holds the content of one
/// import and is named by its hash: the same content again adds nothing, whatever the file, and corrected content is another project,
/// so that a line that was corrected or deleted is in no dataset version of it.
/// </summary>
public sealed class JudgmentImport(RlhfDatabase database, TimeProvider? clock = null)
{
    /// <summary>Judgments in one transaction, about 50 ms: other writers wait meanwhile.</summary>
    private const int BatchSize = 200;

    private const int ShownDigits = 12;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>
    /// Imports a .jsonl or .jsonl.gz file, or all of those in a folder (<see cref="JudgmentLine"/> says what lines hold).
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="maxBadShare">The share of lines that may hold no judgment; they are left out and counted.</param>
    /// <param name="cancellation">Ends the import between two transactions; importing again goes on from there.</param>
    /// <exception cref="UserError">Nothing to read, a damaged file, or too many bad lines; nothing is imported then.</exception>
    public async Task<ImportResult> ImportAsync(string path, double maxBadShare, CancellationToken cancellation = default)
    {
        var files = JudgmentFiles.Open(path);
        var survey = files.Survey(maxBadShare);
        var target = await TargetAsync(path, survey, cancellation);
        var occurrences = new Dictionary<string, int>(StringComparer.Ordinal);
        var batch = new List<(NewTask Task, ImportedJudgment Judgment)>();
        int added = 0;
        using var content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (judgment, _) in files.Read(content))
        {
            if (judgment is not null)
                batch.Add((ToTask(judgment, occurrences), judgment));
            if (batch.Count >= BatchSize)
                await FlushAsync();
        }
        await FlushAsync();
        if (JudgmentFiles.Sha256(content) != survey.Sha256)
        {
            await AbandonAsync(target.Project, cancellation);
            throw new UserError($"{path}: changed while it was being imported; import it again");
        }
        return new ImportResult(target.Project, added, survey.Lines - survey.BadLineCount - added, survey);

        async Task FlushAsync()
        {
            var rows = batch;
            batch = [];
            added += await database.WriteAsync(db => AddAsync(db, target, rows, cancellation), cancellation);
        }
    }

    /// <summary>The project of this content, made where it is not there yet.</summary>
    private async Task<Target> TargetAsync(string path, JudgmentSurvey survey, CancellationToken cancellation)
    {
        string source = Path.GetFileName(Path.GetFullPath(path)), mark = survey.Sha256[..ShownDigits];
        var version = await database.WriteAsync(async db =>
        {
            var known = await db.Projects.Where(p => p.ContentSha256 == survey.Sha256).SelectMany(p => p.Versions)
                .OrderByDescending(v => v.Number).FirstOrDefaultAsync(cancellation);
            if (known is not null)
                return known;
            var now = _clock.GetUtcNow();
            var project = new LabelingProject
            {
                Name = $"import of {source} ({mark})",
                ImportSource = source,
                ContentSha256 = survey.Sha256,
                Created = now,
            };
            var first = new LabelingProjectVersion
            {
                Questions = [Question.DefaultRanking with { MaxStrength = survey.MaxStrength }],
                Created = now,
            };
            project.Versions.Add(first);
            db.Projects.Add(project);
            return first;
        }, cancellation);
        return new Target(version.ProjectId, version, await AnnotatorAsync($"people of import {mark}", simulated: false, cancellation),
            await AnnotatorAsync($"simulated annotators of import {mark}", simulated: true, cancellation));
    }

    private async Task<Guid> AnnotatorAsync(string description, bool simulated, CancellationToken cancellation)
    {
        await using var db = database.OpenReadContext();
        return await db.Annotators.Where(a => a.IsSimulated == simulated && a.Description == description).Select(a => (Guid?)a.Id)
            .FirstOrDefaultAsync(cancellation)
            ?? await new LabelingService(database, _clock).CreateAnnotatorAsync(simulated, description, cancellation: cancellation);
    }

    /// <summary>The same judgment twice in the content is two tasks: what a file says twice counts twice.</summary>
    private static NewTask ToTask(ImportedJudgment judgment, Dictionary<string, int> occurrences)
    {
        string key = TaskEntry.Hash("judgment\n" + ContentJson.Write(judgment));
        int occurrence = occurrences[key] = occurrences.GetValueOrDefault(key) + 1;
        return new NewTask(judgment.Prompt, [.. judgment.Completions.Select(c => new NewCompletion(c))],
            Overlap: 1, ContentKey: occurrence == 1 ? key : TaskEntry.Hash($"{key}\n{occurrence}"));
    }

    private async Task<int> AddAsync(
        RlhfDbContext db, Target target, IReadOnlyList<(NewTask Task, ImportedJudgment Judgment)> batch, CancellationToken cancellation)
    {
        var keys = batch.Select(entry => entry.Task.ContentKey!).ToList();
        var known = (await db.Tasks.Where(t => t.ProjectId == target.Project && keys.Contains(t.ContentKey)).Select(t => t.ContentKey)
            .ToListAsync(cancellation))
            .ToHashSet(StringComparer.Ordinal);
        long position = await db.Tasks.Where(t => t.ProjectId == target.Project).MaxAsync(t => (long?)t.Position, cancellation) ?? -1;
        var now = _clock.GetUtcNow();
        int added = 0;
        foreach (var (task, judgment) in batch.Where(entry => !known.Contains(entry.Task.ContentKey!)))
        {
            var row = TaskEntry.Row(task, target.Project, ++position, null, now);
            row.Answered = 1;
            row.Open = false;
            var annotator = judgment.Simulated ? target.Simulated : target.People;
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
            var answers = Answers.OfRanking(Answer.FromRanks(judgment.Ranks, judgment.Strength));
            AnswerRules.Check(answers, target.Version.Questions, [.. row.Completions.Select(c => ContentJson.AllText(c.Content))]);
            db.Tasks.Add(row);
            db.Assignments.Add(assignment);
            db.Annotations.Add(new Annotation
            {
                AssignmentId = assignment.Id,
                TaskId = row.Id,
                AnnotatorId = annotator,
                ProjectVersionId = target.Version.Id,
                Answers = answers,
                IsSimulated = judgment.Simulated,
                Created = now,
            });
            added++;
        }
        return added;
    }

    /// <summary>Takes the name of content from a project that holds something else.</summary>
    private Task<int> AbandonAsync(Guid project, CancellationToken cancellation) => database.WriteAsync(db =>
        db.Projects.Where(p => p.Id == project).ExecuteUpdateAsync(
            set => set.SetProperty(p => p.Name, $"abandoned import {project}").SetProperty(p => p.ContentSha256, (string?)null),
            cancellation), cancellation);

    private sealed record Target(Guid Project, LabelingProjectVersion Version, Guid People, Guid Simulated);
}
