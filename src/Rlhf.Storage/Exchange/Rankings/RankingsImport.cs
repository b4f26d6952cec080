using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Storage.Exchange.Sources;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>
/// Imports exports of this program with their ids, times, revisions and reviews. A project without tasks takes over the file's versions of
/// its questions, and then exports the same again. What is there already stays as it is; what is new about a task that is there is added,
/// so that two home folders can exchange what they have.
/// </summary>
internal sealed class RankingsImport(RlhfDatabase database, Guid project, ImportTally tally, TimeProvider clock)
{
    private const int BatchSize = 100;

    /// <summary>How long one transaction goes on: other writers wait meanwhile. One task more is at most some milliseconds.</summary>
    private static readonly TimeSpan s_share = TimeSpan.FromMilliseconds(40);

    private VersionMap? _versions;
    private bool _empty;
    private Dictionary<Guid, AnnotatorRecord> _annotators = [];

    public async Task ImportAsync(IEnumerable<SourceRow> rows, CancellationToken cancellation)
    {
        var batch = new List<(int Line, TaskRecord Task)>();
        foreach (var (line, header, task, fault) in RankingsFormat.ReadRecords(rows))
        {
            if (fault is not null)
                tally.Bad(line, fault);
            else if (header is not null)
                await BeginAsync(header, cancellation);
            else if (_versions is null)
                throw new UserError($"line {line}: a task before the first line, which says what was asked; export the project again");
            else
                batch.Add((line, task!));
            if (batch.Count >= BatchSize)
                await FlushAsync();
        }
        await FlushAsync();

        async Task FlushAsync()
        {
            var tasks = batch;
            batch = [];
            for (int done = 0; done < tasks.Count;)
                done = await database.WriteAsync(db => AddAsync(db, tasks, done, cancellation), cancellation);
        }
    }

    /// <summary>Adds tasks from a place on, as many as fit into the time of one transaction.</summary>
    /// <returns>The place of the next one.</returns>
    private async Task<int> AddAsync(
        RlhfDbContext db, List<(int Line, TaskRecord Task)> tasks, int next, CancellationToken cancellation)
    {
        var writing = Stopwatch.StartNew();
        var work = new TaskRecordRows(db, project, _versions!, _annotators, tally, clock.GetUtcNow()) { KeepPositions = _empty };
        await work.PrepareAsync(tasks.Skip(next).Select(t => t.Task), cancellation);
        do
        {
            await work.AddAsync(tasks[next].Line, tasks[next].Task, cancellation);
            next++;
        }
        while (next < tasks.Count && writing.Elapsed < s_share);
        return next;
    }

    private Task BeginAsync(RankingsHeader header, CancellationToken cancellation)
    {
        _annotators = header.Annotators.ToDictionary(a => a.Id);
        return database.WriteAsync(async db =>
        {
            _empty = !await db.Tasks.AnyAsync(t => t.ProjectId == project, cancellation);
            if (_empty)
                await TakeOverAsync(db, header.Versions, cancellation);
            _versions = VersionMap.Create(
                header.Versions, await db.ProjectVersions.AsNoTracking().Where(v => v.ProjectId == project)
                    .ToListAsync(cancellation), _empty);
        }, cancellation);
    }

    /// <summary>The versions of the file replace those of a project in which nobody can have answered anything.</summary>
    private async Task TakeOverAsync(RlhfDbContext db, IReadOnlyList<VersionRecord> versions, CancellationToken cancellation)
    {
        if (versions.Count == 0)
            throw new UserError("the first line names no version of the questions; export the project again");
        foreach (var version in versions)
            Labeling.QuestionRules.Check(version.Questions);
        var ids = versions.Select(v => v.Id).ToList();
        var taken = await db.ProjectVersions.Where(v => ids.Contains(v.Id) && v.ProjectId != project).Select(v => v.Id)
            .ToListAsync(cancellation);
        await db.ProjectVersions.Where(v => v.ProjectId == project).ExecuteDeleteAsync(cancellation);
        db.ProjectVersions.AddRange(versions.Select(v => new LabelingProjectVersion
        {
            Id = taken.Contains(v.Id) ? DerivedIds.Create(project, v.Id) : v.Id,
            ProjectId = project,
            Number = v.Number,
            Guidelines = v.Guidelines,
            Questions = v.Questions,
            Created = v.Created,
        }));
        await db.SaveChangesAsync(cancellation);
    }
}

/// <summary>Which versions of the project stand for those of the file.</summary>
internal sealed class VersionMap
{
    private readonly Dictionary<int, LabelingProjectVersion?> _byNumber;

    private VersionMap(Dictionary<int, LabelingProjectVersion?> byNumber) => _byNumber = byNumber;

    /// <summary>Versions that ask the same are the same, whatever their numbers; the newest where several do.</summary>
    public static VersionMap Create(IReadOnlyList<VersionRecord> file, IReadOnlyList<LabelingProjectVersion> project, bool tookOver) => new(
        file.ToDictionary(v => v.Number, v => tookOver
            ? project.First(p => p.Number == v.Number)
            : project.OrderByDescending(p => p.Number == v.Number).ThenByDescending(p => p.Number)
                .FirstOrDefault(p => ContentJson.Write(p.Questions) == ContentJson.Write(v.Questions))));

    /// <exception cref="UserError">No version of the project asks the same questions.</exception>
    public LabelingProjectVersion this[int number] => _byNumber.GetValueOrDefault(number)
        ?? throw new UserError($"it answers version {number} of other questions than this project asks; import it into a new project");
}
