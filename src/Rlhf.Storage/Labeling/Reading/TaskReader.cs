using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling.Reading;

/// <summary>A task in a list.</summary>
/// <param name="Overlap">Of its own; null takes the project's.</param>
/// <param name="Adjudicated">Whether a reviewer has set its final answers.</param>
public sealed record TaskRow(
    Guid Id, TaskKind Kind, long Position, IReadOnlyList<Message>? Context, int Completions, int Answered, int? Overlap, bool Open,
    bool Adjudicated, bool Erased);

/// <summary>A task with its answers.</summary>
/// <param name="Version">The newest questions.</param>
/// <param name="Given">The newest revision of each answer, oldest first.</param>
/// <param name="Adjudicated">The final answers, where a reviewer has set them.</param>
/// <param name="Skips">Who gave the task back.</param>
public sealed record TaskWithAnswers(
    LabelingTask Task, IReadOnlyList<IReadOnlyList<Message>> Completions, LabelingProjectVersion Version,
    IReadOnlyList<ReviewableAnswer> Given, Review? Adjudicated, IReadOnlyList<TaskSkip> Skips);

/// <summary>A task with its completions, for who runs the project or reviews in it.</summary>
/// <param name="Task">The row, with its completions in their order.</param>
/// <param name="Gold">The known answers; null for normal tasks.</param>
/// <param name="Skips">Who gave it back.</param>
public sealed record ProjectTask(LabelingTask Task, GoldAnswer? Gold, IReadOnlyList<TaskSkip> Skips);

/// <summary>An annotator who gave a task back unanswered.</summary>
/// <param name="Reason">In their words; null where it was erased.</param>
/// <param name="Skipped">When.</param>
public sealed record TaskSkip(Guid AnnotatorId, string? Reason, DateTimeOffset Skipped);

/// <summary>An answer with what reviewers decided about it last.</summary>
/// <param name="Questions">Those of the version that it answers.</param>
public sealed record ReviewableAnswer(Annotation Annotation, Review? Review, IReadOnlyList<Question> Questions);

/// <summary>Which tasks of a project.</summary>
public enum TaskFilter
{
    All,
    Open,
    Complete,
    Adjudicated,
    Known,
}

/// <summary>Reads the tasks of a project, for those who manage or review it: nothing here is blind.</summary>
public sealed class TaskReader(RlhfDatabase database)
{
    /// <summary>A part of the tasks, in the order of the project.</summary>
    /// <param name="project">The project.</param>
    /// <param name="filter">Which of them.</param>
    /// <param name="from">The lowest position.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<IReadOnlyList<TaskRow>> ListAsync(
        Guid project, TaskFilter filter, long from, int count, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await Tasks(db, project, filter, from).Take(count).Select(t => new TaskRow(
            t.Id, t.Kind, t.Position, t.Context, t.Completions.Count, t.Answered, t.Overlap, t.Open,
            db.Reviews.Any(r => r.TaskId == t.Id && r.AnnotationId == null && r.Latest), t.Erased != null)).ToListAsync(cancellation);
    }

    /// <summary>The same with all of their completions.</summary>
    public async Task<IReadOnlyList<ProjectTask>> ReadAsync(
        Guid project, TaskFilter filter, long from, int count, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await ReadAsync(db, Tasks(db, project, filter, from).Take(count), cancellation);
    }

    /// <summary>One task.</summary>
    /// <exception cref="UserError">No such task.</exception>
    public async Task<ProjectTask> GetAsync(Guid task, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return (await ReadAsync(db, db.Tasks.Where(t => t.Id == task), cancellation)) is [var found]
            ? found
            : throw new UserError($"no labeling task {task}") { Kind = ErrorKind.NotFound };
    }

    /// <summary>One task of a project; null where it has none of this id.</summary>
    public async Task<TaskWithAnswers?> FindAsync(Guid project, Guid task, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        if (await db.Tasks.SingleOrDefaultAsync(t => t.Id == task && t.ProjectId == project, cancellation) is not { } row)
            return null;
        var completions = await db.Completions.Where(c => c.TaskId == task).OrderBy(c => c.Index).Select(c => c.Content)
            .ToListAsync(cancellation);
        var versions = await db.ProjectVersions.Where(v => v.ProjectId == project).ToDictionaryAsync(v => v.Id, cancellation);
        var reviews = await db.Reviews.Where(r => r.TaskId == task && r.Latest).ToListAsync(cancellation);
        var given = await db.Annotations
            .Where(a => a.TaskId == task && a.Latest && a.Erased == null && a.Kind != TaskKind.Repeat && !db.Members.Any(m =>
                m.ProjectId == project && m.AnnotatorId == a.AnnotatorId && m.State == MemberState.Excluded))
            .OrderBy(a => a.Created).ThenBy(a => a.Id).ToListAsync(cancellation);
        return new TaskWithAnswers(row, completions, versions.Values.MaxBy(v => v.Number)!,
            [.. given.Select(a => new ReviewableAnswer(
                a, reviews.Find(r => r.AnnotationId == a.Id), versions[a.ProjectVersionId].Questions))],
            reviews.Find(r => r.AnnotationId == null), [.. (await SkipsAsync(db, [task], cancellation))[task]]);
    }

    /// <summary>Which of these tasks reviewers have adjudicated.</summary>
    public async Task<IReadOnlySet<Guid>> AdjudicatedAsync(IReadOnlyList<Guid> tasks, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return (await db.Reviews.Where(r => tasks.Contains(r.TaskId) && r.AnnotationId == null && r.Latest).Select(r => r.TaskId)
            .ToListAsync(cancellation)).ToHashSet();
    }

    /// <summary>The beginnings of tasks that are to be listed: their prompts by id.</summary>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<Message>?>> PromptsAsync(
        IReadOnlyList<Guid> tasks, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await db.Tasks.Where(t => tasks.Contains(t.Id)).Select(t => new { t.Id, t.Context })
            .ToDictionaryAsync(t => t.Id, t => t.Context, cancellation);
    }

    /// <summary>The newest answers in a project, among the last few hundred of the whole hub.</summary>
    public async Task<IReadOnlyList<RecentAnswer>> RecentAsync(Guid project, int count, CancellationToken cancellation = default)
    {
        const int looked = 500;
        await using var db = database.OpenReadContext();
        var newest = db.Annotations.OrderByDescending(a => a.Id).Take(looked);
        return await (
            from a in newest
            join t in db.Tasks on a.TaskId equals t.Id
            where t.ProjectId == project
            orderby a.Id descending
            select new RecentAnswer(a.TaskId, a.AnnotatorId, a.Created, a.Revision, t.Context)).Take(count).ToListAsync(cancellation);
    }

    /// <summary>Tasks in the order of the project.</summary>
    private static IQueryable<LabelingTask> Tasks(RlhfDbContext db, Guid project, TaskFilter filter, long from)
    {
        var tasks = db.Tasks.Where(t => t.ProjectId == project && t.Position >= from);
        tasks = filter switch
        {
            TaskFilter.Open => tasks.Where(t => t.Open),
            TaskFilter.Complete => tasks.Where(t => !t.Open && t.Kind == TaskKind.Normal),
            TaskFilter.Adjudicated => tasks.Where(t => db.Reviews.Any(r => r.TaskId == t.Id && r.AnnotationId == null && r.Latest)),
            TaskFilter.Known => tasks.Where(t => t.Kind != TaskKind.Normal),
            _ => tasks,
        };
        return tasks.OrderBy(t => t.Position);
    }

    private static async Task<IReadOnlyList<ProjectTask>> ReadAsync(
        RlhfDbContext db, IQueryable<LabelingTask> tasks, CancellationToken cancellation)
    {
        var rows = await tasks.Include(t => t.Completions.OrderBy(c => c.Index)).AsSplitQuery().ToListAsync(cancellation);
        var ids = rows.Select(t => t.Id).ToList();
        var golds = await db.GoldAnswers.Where(g => ids.Contains(g.TaskId)).ToDictionaryAsync(g => g.TaskId, cancellation);
        var skips = await SkipsAsync(db, ids, cancellation);
        return [.. rows.Select(t => new ProjectTask(t, golds.GetValueOrDefault(t.Id), [.. skips[t.Id]]))];
    }

    /// <summary>By task, the first of each task first.</summary>
    private static async Task<ILookup<Guid, TaskSkip>> SkipsAsync(
        RlhfDbContext db, IReadOnlyList<Guid> tasks, CancellationToken cancellation) =>
        (await db.Assignments.Where(a => tasks.Contains(a.TaskId) && a.State == AssignmentState.Skipped)
            .Select(a => new { a.TaskId, Skip = new TaskSkip(a.AnnotatorId, a.SkipReason, a.Closed ?? a.Leased) })
            .ToListAsync(cancellation))
        .OrderBy(row => row.Skip.Skipped).ToLookup(row => row.TaskId, row => row.Skip);
}

/// <summary>An answer that came in.</summary>
public sealed record RecentAnswer(Guid Task, Guid Annotator, DateTimeOffset At, int Revision, IReadOnlyList<Message>? Context);
