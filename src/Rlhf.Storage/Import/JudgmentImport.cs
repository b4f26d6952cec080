using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Import;

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
    /// Imports a file in any format (<see cref="Exchange.Formats.ImportFormats"/>), or all .jsonl and .jsonl.gz files of a folder.
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
        var occurrences = new Dictionary<UInt128, int>();
        var tally = new ImportTally(path);
        var batch = new List<KeyedTask>();
        using var content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (task, _) in files.Read(content))
        {
            if (task is not null)
                batch.Add(new KeyedTask(0, task, ImportedRows.Key(task, occurrences)));
            if (batch.Count >= BatchSize)
                await FlushAsync();
        }
        await FlushAsync();
        if (JudgmentFiles.Sha256(content) != survey.Sha256)
        {
            await AbandonAsync(target.Project, cancellation);
            throw new UserError($"{path}: changed while it was being imported; import it again");
        }
        var report = tally.Report(target.Project, "");
        // The questions were made from the file, so that every answer fits.
        return report.BadLineCount == 0
            ? new ImportResult(target.Project, report.Tasks, survey.Lines - survey.BadLineCount - report.Tasks, survey)
            : throw new UserError($"{path}: an answer that cannot be kept: {report.BadLines[0].Reason}");

        async Task FlushAsync()
        {
            var rows = batch;
            batch = [];
            await database.WriteAsync(
                db => new ImportedRows(db, target, tally, _clock.GetUtcNow()).AddAsync(rows, cancellation), cancellation);
        }
    }

    /// <summary>The project of this content, made where it is not there yet.</summary>
    private async Task<ImportTarget> TargetAsync(string path, JudgmentSurvey survey, CancellationToken cancellation)
    {
        string source = Path.GetFileName(Path.GetFullPath(path)), mark = Mark(survey.Sha256);
        var (version, overlap) = await database.WriteAsync(async db =>
        {
            var known = await db.Projects.Include(p => p.Versions)
                .SingleOrDefaultAsync(p => p.ContentSha256 == survey.Sha256, cancellation);
            if (known is not null)
                return (known.Versions.MaxBy(v => v.Number)!, known.Overlap);
            var now = _clock.GetUtcNow();
            var project = new LabelingProject
            {
                Name = $"import of {source} ({mark})",
                ImportSource = source,
                ContentSha256 = survey.Sha256,
                Overlap = Math.Max(1, survey.MaxAnswers),
                Created = now,
            };
            var first = new LabelingProjectVersion { Questions = survey.Questions, Created = now };
            project.Versions.Add(first);
            db.Projects.Add(project);
            await db.SaveChangesAsync(cancellation);
            return (first, project.Overlap);
        }, cancellation);
        return new ImportTarget(version.ProjectId, overlap, version, $"import {mark}");
    }

    /// <summary>What names show of the hash of an import.</summary>
    internal static string Mark(string sha256) => sha256[..ShownDigits];

    /// <summary>Takes the name of content from a project that holds something else.</summary>
    private Task<int> AbandonAsync(Guid project, CancellationToken cancellation) => database.WriteAsync(db =>
        db.Projects.Where(p => p.Id == project).ExecuteUpdateAsync(
            set => set.SetProperty(p => p.Name, $"abandoned import {project}").SetProperty(p => p.ContentSha256, (string?)null),
            cancellation), cancellation);
}
