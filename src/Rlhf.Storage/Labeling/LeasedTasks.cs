using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Leased tasks as their annotator sees them: in the order drawn for them, blind.</summary>
internal static class LeasedTasks
{
    public static async Task<LeasedTask> PresentAsync(RlhfDbContext db, Assignment assignment)
    {
        var task = (await db.Tasks.Where(t => t.Id == assignment.TaskId).Select(t => new
        {
            t.Context,
            Completions = t.Completions.OrderBy(c => c.Index).Select(c => new PresentedCompletion(c.Index, c.Content, c.Context)).ToList(),
        }).ToListAsync()).Single();
        var shown = assignment.OrderShown is { } order && order.Count == task.Completions.Count
            ? order.Select(i => task.Completions[i])
            : task.Completions;
        // Leases from before versions were recorded show the newest.
        var version = assignment.ProjectVersionId ?? await db.ProjectVersions.Where(v => v.ProjectId == assignment.ProjectId)
            .OrderByDescending(v => v.Number).Select(v => v.Id).FirstAsync();
        return new LeasedTask(assignment.Id, assignment.TaskId, version, task.Context, [.. shown], assignment.Expires);
    }

    /// <summary>What somebody holds in a project, oldest lease first. Changes nothing: looking at a page renews no lease.</summary>
    public static async Task<IReadOnlyList<LeasedTask>> HeldAsync(
        RlhfDbContext db, Guid annotator, Guid project, DateTimeOffset now, CancellationToken cancellation)
    {
        var tasks = new List<LeasedTask>();
        foreach (var assignment in await Held(db, annotator, project, now).ToListAsync(cancellation))
            tasks.Add(await PresentAsync(db, assignment));
        return tasks;
    }

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
}
