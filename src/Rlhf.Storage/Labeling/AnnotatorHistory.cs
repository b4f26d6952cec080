using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>An answered task as its author sees it: the newest revision, what was shown, and what a reviewer decided.</summary>
/// <param name="Task">What was shown.</param>
/// <param name="AnnotationId">The newest revision.</param>
/// <param name="Revision">Its number.</param>
/// <param name="Submitted">When it was made.</param>
/// <param name="Answers">By completions' indices in the task.</param>
/// <param name="Decision">A reviewer's decision on this revision, if any.</param>
/// <param name="Feedback">What the reviewer wrote.</param>
public sealed record AnsweredTask(
    LeasedTask Task, Guid AnnotationId, int Revision, DateTimeOffset Submitted, Answers Answers, ReviewDecision? Decision,
    string? Feedback);

/// <summary>What an annotator has answered. Reads only; whatever was erased is left out.</summary>
public sealed class AnnotatorHistory(RlhfDatabase database)
{
    /// <summary>Answered tasks of a project, the last submitted first.</summary>
    public async Task<IReadOnlyList<AnsweredTask>> ListAsync(
        Guid annotator, Guid project, int skip, int take, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await ReadAsync(db, await Answered(db, annotator).Where(a => a.ProjectId == project)
            .OrderByDescending(a => a.Closed).ThenBy(a => a.Id).Skip(skip).Take(take).ToListAsync(cancellation), cancellation);
    }

    /// <summary>One of them; null where there is none of this id.</summary>
    public async Task<AnsweredTask?> FindAsync(Guid annotator, Guid assignment, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return (await ReadAsync(db, await Answered(db, annotator).Where(a => a.Id == assignment).ToListAsync(cancellation), cancellation))
            .SingleOrDefault();
    }

    private static IQueryable<Assignment> Answered(RlhfDbContext db, Guid annotator) => db.Assignments.AsNoTracking()
        .Where(a => a.AnnotatorId == annotator && a.State == AssignmentState.Submitted
            && db.Annotations.Any(n => n.AssignmentId == a.Id && n.Latest && n.Erased == null)
            && db.Tasks.Any(t => t.Id == a.TaskId && t.Erased == null));

    private static async Task<IReadOnlyList<AnsweredTask>> ReadAsync(
        RlhfDbContext db, IReadOnlyList<Assignment> assignments, CancellationToken cancellation)
    {
        var ids = assignments.Select(a => a.Id).ToList();
        var annotations = await (
            from n in db.Annotations.AsNoTracking()
            where ids.Contains(n.AssignmentId) && n.Latest
            from r in db.Reviews.Where(r => r.AnnotationId == n.Id && r.Latest).DefaultIfEmpty()
            select new { n.AssignmentId, n.Id, n.Revision, n.Created, n.Answers, Decision = (ReviewDecision?)r.Decision, r.Feedback })
            .ToDictionaryAsync(row => row.AssignmentId, cancellation);
        var tasks = await LeasedTasks.PresentAsync(db, assignments, cancellation);
        return
        [
            .. tasks.Select(task => (task, row: annotations[task.AssignmentId])).Select(pair => new AnsweredTask(
                pair.task, pair.row.Id, pair.row.Revision, pair.row.Created, pair.row.Answers, pair.row.Decision, pair.row.Feedback)),
        ];
    }
}
