using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>An annotation with what was shown for it.</summary>
/// <param name="Row">The revision.</param>
/// <param name="Task">Its task, without completions.</param>
/// <param name="Version">The number of the version that was answered.</param>
/// <param name="Completions">In the order shown.</param>
/// <param name="Sources">Where each came from, by index in the task; not for annotators.</param>
/// <param name="Review">The newest decision on this revision.</param>
public sealed record StoredAnnotation(
    Annotation Row, LabelingTask Task, int Version, IReadOnlyList<PresentedCompletion> Completions, IReadOnlyList<string?> Sources,
    Review? Review);

/// <summary>Some annotations, and where the next ones begin.</summary>
/// <param name="Items">In order.</param>
/// <param name="Next">Null at the end.</param>
public sealed record AnnotationPage(IReadOnlyList<StoredAnnotation> Items, PageCursor? Next);

/// <summary>
/// A place in a list that grows: a number that orders it (a position, a time), and how many of the entries with that number come before.
/// </summary>
public readonly record struct PageCursor(long At, int Skip)
{
    public override string ToString() => $"{At}.{Skip}";

    /// <exception cref="UserError">Not a cursor that a list gave.</exception>
    public static PageCursor Parse(string text) =>
        text.Split('.') is [var at, var skip] && long.TryParse(at, out long number) && int.TryParse(skip, out int count) && count >= 0
            ? new PageCursor(number, count)
            : throw new UserError("cursor: not one that a list gave; begin without a cursor") { Field = "cursor" };
}

/// <summary>Lists of annotations, in pages.</summary>
public sealed class AnnotationList(RlhfDatabase database)
{
    /// <summary>The newest revisions of somebody's own answers, latest first.</summary>
    public async Task<AnnotationPage> MineAsync(
        Guid project, Guid annotator, PageCursor? cursor, int most, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        long before = cursor?.At ?? long.MaxValue;
        var until = before > MaxTime ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(before);
        var rows = await (
            from s in db.Assignments
            where s.AnnotatorId == annotator && s.ProjectId == project && s.State == AssignmentState.Submitted && s.Closed <= until
            join a in db.Annotations on s.Id equals a.AssignmentId
            where a.Latest
            orderby s.Closed descending, s.Id
            select new { Row = a, Closed = s.Closed!.Value })
            .Skip(cursor?.Skip ?? 0).Take(most + 1).ToListAsync(cancellation);
        var next = Next([.. rows.Select(row => row.Closed.ToUnixTimeMilliseconds())], cursor, most);
        return new AnnotationPage(await LoadAsync(db, [.. rows.Take(most).Select(row => row.Row)], cancellation), next);
    }

    /// <summary>Annotations of a project in the order of its tasks, and of time within a task.</summary>
    /// <param name="project">The project.</param>
    /// <param name="revisions">Also those that were corrected since.</param>
    /// <param name="cursor">Where to begin; null for the first.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<AnnotationPage> OfProjectAsync(
        Guid project, bool revisions, PageCursor? cursor, int most, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        long first = cursor?.At ?? 0;
        var rows = await (
            from t in db.Tasks
            where t.ProjectId == project && t.Position >= first
            join a in db.Annotations on t.Id equals a.TaskId
            where revisions || a.Latest
            orderby t.Position, a.Created, a.AssignmentId, a.Revision
            select new { Row = a, t.Position })
            .Skip(cursor?.Skip ?? 0).Take(most + 1).ToListAsync(cancellation);
        var next = Next([.. rows.Select(row => row.Position)], cursor, most);
        return new AnnotationPage(await LoadAsync(db, [.. rows.Take(most).Select(row => row.Row)], cancellation), next);
    }

    /// <summary>All annotations of a task, each revision.</summary>
    public async Task<IReadOnlyList<StoredAnnotation>> OfTaskAsync(Guid task, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var rows = await db.Annotations.Where(a => a.TaskId == task).OrderBy(a => a.Created).ThenBy(a => a.AssignmentId)
            .ThenBy(a => a.Revision).ToListAsync(cancellation);
        return await LoadAsync(db, rows, cancellation);
    }

    /// <summary>One annotation.</summary>
    /// <param name="id">Any revision.</param>
    /// <param name="annotator">Whose it must be; null for anybody's.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="UserError">None of this id, or somebody else's.</exception>
    public async Task<StoredAnnotation> GetAsync(Guid id, Guid? annotator, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var row = await db.Annotations.SingleOrDefaultAsync(
            a => a.Id == id && (annotator == null || a.AnnotatorId == annotator), cancellation)
            ?? throw new UserError($"no annotation {id}") { Kind = ErrorKind.NotFound };
        return (await LoadAsync(db, [row], cancellation))[0];
    }

    /// <summary>The newest revision of the answers that an annotation is a revision of.</summary>
    public async Task<Annotation> LatestAsync(Guid assignment, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await db.Annotations.SingleAsync(a => a.AssignmentId == assignment && a.Latest, cancellation);
    }

    /// <summary>The end of year 9999 in milliseconds.</summary>
    private static readonly long MaxTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Where the entry after the last one of this page is: behind those with the same number that were given already.</summary>
    private static PageCursor? Next(IReadOnlyList<long> numbers, PageCursor? cursor, int most)
    {
        if (numbers.Count <= most)
            return null;
        long next = numbers[most];
        int given = numbers.Take(most).Count(number => number == next);
        return new PageCursor(next, given + (cursor is { } before && before.At == next ? before.Skip : 0));
    }

    private static async Task<IReadOnlyList<StoredAnnotation>> LoadAsync(
        RlhfDbContext db, List<Annotation> rows, CancellationToken cancellation)
    {
        if (rows.Count == 0)
            return [];
        var taskIds = rows.Select(a => a.TaskId).Distinct().ToList();
        var tasks = new Dictionary<Guid, LabelingTask>();
        foreach (var some in taskIds.Chunk(Together))
        {
            await foreach (var task in db.Tasks.Where(t => some.Contains(t.Id)).Include(t => t.Completions).AsSplitQuery()
                .AsAsyncEnumerable().WithCancellation(cancellation))
                tasks[task.Id] = task;
        }
        var versionIds = rows.Select(a => a.ProjectVersionId).Distinct().ToList();
        var versions = await db.ProjectVersions.Where(v => versionIds.Contains(v.Id)).Select(v => new { v.Id, v.Number })
            .ToDictionaryAsync(v => v.Id, v => v.Number, cancellation);
        var reviews = new Dictionary<Guid, Review>();
        foreach (var some in rows.Select(a => (Guid?)a.Id).Chunk(Together))
        {
            await foreach (var review in db.Reviews.Where(r => r.Latest && some.Contains(r.AnnotationId)).AsAsyncEnumerable()
                .WithCancellation(cancellation))
                reviews[review.AnnotationId!.Value] = review;
        }
        return [.. rows.Select(row =>
        {
            var task = tasks[row.TaskId];
            var completions = task.Completions.Select(c => new PresentedCompletion(c.Index, c.Content, c.Context));
            return new StoredAnnotation(row, task, versions[row.ProjectVersionId], LeasedTasks.InOrder(completions, row.OrderShown),
                [.. task.Completions.OrderBy(c => c.Index)
                    .Select(c => CompletionSource.Read(c.SamplingSettings) ?? c.CheckpointId?.ToString())],
                reviews.GetValueOrDefault(row.Id));
        })];
    }

    private const int Together = 200;
}
