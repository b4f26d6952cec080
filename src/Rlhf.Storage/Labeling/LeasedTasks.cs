using Microsoft.EntityFrameworkCore;
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
        var ids = assignments.Select(a => a.Id).ToList();
        var rows = await (
            from a in db.Assignments.AsNoTracking()
            where ids.Contains(a.Id)
            join t in db.Tasks on a.TaskId equals t.Id
            join c in db.Completions on t.Id equals c.TaskId
            from v in db.ProjectVersions.Where(v => v.Id == a.ProjectVersionId).DefaultIfEmpty()
            from d in db.Drafts.Where(d => d.AssignmentId == a.Id).DefaultIfEmpty()
            select new
            {
                a.Id,
                t.Context,
                Completion = new PresentedCompletion(c.Index, c.Content, c.Context),
                Version = (int?)v.Number,
                Draft = (Draft?)d,
            }).ToListAsync(cancellation);
        var tasks = rows.ToLookup(row => row.Id);
        var presented = new List<LeasedTask>(assignments.Count);
        foreach (var assignment in assignments)
        {
            var first = tasks[assignment.Id].First();
            var version = assignment.ProjectVersionId is { } shown && first.Version is { } number
                ? (Id: shown, Number: number)
                : await NewestVersionAsync(db, assignment.ProjectId, cancellation);
            presented.Add(new LeasedTask(assignment.Id, assignment.TaskId, version.Id, first.Context,
                InOrder(tasks[assignment.Id].Select(row => row.Completion), assignment.OrderShown), assignment.Expires)
            {
                Version = version.Number,
                Draft = first.Draft,
            });
        }
        return presented;
    }

    /// <summary>An assignment of an annotator, open or closed; null where they have none of this id.</summary>
    public static async Task<AssignedTask?> FindAsync(RlhfDbContext db, Guid annotator, Guid id, CancellationToken cancellation)
    {
        var assignment = await db.Assignments.AsNoTracking()
            .SingleOrDefaultAsync(a => a.Id == id && a.AnnotatorId == annotator, cancellation);
        return assignment is null
            ? null
            : new AssignedTask(assignment.ProjectId, assignment.State, (await PresentAsync(db, [assignment], cancellation))[0]);
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

    /// <summary>Leases from before versions were recorded show the newest.</summary>
    private static async Task<(Guid Id, int Number)> NewestVersionAsync(RlhfDbContext db, Guid project, CancellationToken cancellation)
    {
        var newest = await db.ProjectVersions.AsNoTracking().Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .Select(v => new { v.Id, v.Number }).FirstAsync(cancellation);
        return (newest.Id, newest.Number);
    }
}
