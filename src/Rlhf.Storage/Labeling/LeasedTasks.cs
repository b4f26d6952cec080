using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Leased tasks as their annotator sees them: in the order drawn for them, blind.</summary>
internal static class LeasedTasks
{
    /// <summary>Several assignments, in their order, with one query.</summary>
    public static async Task<IReadOnlyList<LeasedTask>> PresentAsync(
        RlhfDbContext db, IReadOnlyList<Assignment> assignments, CancellationToken cancellation = default)
    {
        if (assignments.Count == 0)
            return [];
        // The usual case by itself: a query with a list of ids is translated anew each time.
        if (assignments is [{ Id: var id } only])
            return [await PresentAsync(
                db, only, await Rows(db, db.Assignments.AsNoTracking().Where(a => a.Id == id)).ToListAsync(cancellation), cancellation)];
        var ids = assignments.Select(a => a.Id).ToList();
        var rows = (await Rows(db, db.Assignments.AsNoTracking().Where(a => ids.Contains(a.Id))).ToListAsync(cancellation))
            .ToLookup(row => row.Assignment.Id);
        var presented = new List<LeasedTask>(assignments.Count);
        foreach (var assignment in assignments)
            presented.Add(await PresentAsync(db, assignment, [.. rows[assignment.Id]], cancellation));
        return presented;
    }

    /// <summary>An assignment of an annotator, open or closed; null where they have none of this id.</summary>
    public static async Task<AssignedTask?> FindAsync(RlhfDbContext db, Guid annotator, Guid id, CancellationToken cancellation)
    {
        var rows = await Rows(db, db.Assignments.AsNoTracking().Where(a => a.Id == id && a.AnnotatorId == annotator))
            .ToListAsync(cancellation);
        return rows is [{ Assignment: var assignment }, ..]
            ? new AssignedTask(assignment.ProjectId, assignment.State, await PresentAsync(db, assignment, rows, cancellation))
            : null;
    }

    /// <summary>What somebody holds in a project, oldest lease first. Changes nothing: looking at a page renews no lease.</summary>
    public static async Task<IReadOnlyList<LeasedTask>> HeldAsync(
        RlhfDbContext db, Guid annotator, Guid project, DateTimeOffset now, CancellationToken cancellation) =>
        await PresentAsync(db, await Held(db, annotator, project, now).ToListAsync(cancellation), cancellation);

    /// <summary>The leases that somebody holds in a project, oldest first.</summary>
    public static IQueryable<Assignment> Held(RlhfDbContext db, Guid annotator, Guid project, DateTimeOffset now) =>
        // The index is named because SQLite otherwise looks through all leases of the project.
        from a in db.Assignments.FromSql($"""
            SELECT * FROM Assignments INDEXED BY IX_Assignments_AnnotatorId_State_Expires
            WHERE AnnotatorId = {annotator} AND State = 'Leased' AND Expires > {now.ToUnixTimeMilliseconds()} AND ProjectId = {project}
            """)
        join t in db.Tasks on a.TaskId equals t.Id
        orderby a.Leased, t.Position
        select a;

    /// <summary>Completions in the order shown; as stored where none was recorded.</summary>
    public static IReadOnlyList<PresentedCompletion> InOrder(IEnumerable<PresentedCompletion> completions, IReadOnlyList<int>? order)
    {
        PresentedCompletion[] stored = [.. completions.OrderBy(c => c.Index)];
        return order?.Count == stored.Length ? [.. order.Select(i => stored[i])] : stored;
    }

    private static async Task<LeasedTask> PresentAsync(
        RlhfDbContext db, Assignment assignment, List<Row> rows, CancellationToken cancellation)
    {
        var first = rows[0];
        var version = assignment.ProjectVersionId is { } shown && first.Version is { } number
            ? (Id: shown, Number: number)
            : await NewestVersionAsync(db, assignment.ProjectId, cancellation);
        return new LeasedTask(assignment.Id, assignment.TaskId, version.Id, first.Context,
            InOrder(rows.Select(row => row.Completion), assignment.OrderShown), assignment.Expires)
        {
            Version = version.Number,
            Draft = first.Draft,
        };
    }

    /// <summary>A row for each completion of each task.</summary>
    private static IQueryable<Row> Rows(RlhfDbContext db, IQueryable<Assignment> assignments) =>
        from a in assignments
        join t in db.Tasks on a.TaskId equals t.Id
        join c in db.Completions on t.Id equals c.TaskId
        from v in db.ProjectVersions.Where(v => v.Id == a.ProjectVersionId).DefaultIfEmpty()
        from d in db.Drafts.Where(d => d.AssignmentId == a.Id).DefaultIfEmpty()
        select new Row
        {
            Assignment = a,
            Context = t.Context,
            Completion = new PresentedCompletion(c.Index, c.Content, c.Context),
            Version = (int?)v.Number,
            Draft = d,
        };

    /// <summary>Leases from before versions were recorded show the newest.</summary>
    private static async Task<(Guid Id, int Number)> NewestVersionAsync(RlhfDbContext db, Guid project, CancellationToken cancellation)
    {
        var newest = await db.ProjectVersions.AsNoTracking().Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .Select(v => new { v.Id, v.Number }).FirstAsync(cancellation);
        return (newest.Id, newest.Number);
    }

    private sealed class Row
    {
        public required Assignment Assignment { get; init; }

        public IReadOnlyList<Message>? Context { get; init; }

        public required PresentedCompletion Completion { get; init; }

        public int? Version { get; init; }

        public Draft? Draft { get; init; }
    }
}
