using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Randomness;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// Which task somebody gets next: qualification tasks first; then the first open task in the project's order that has a free seat and
/// that they have not settled; now and then a gold task or a repeat instead. Inside one transaction.
/// </summary>
internal sealed class TaskSelection(RlhfDbContext db, DateTimeOffset now, TaskSearch search)
{
    /// <summary>A task, why it is asked, and which time it is.</summary>
    public sealed record Choice(Guid Task, TaskKind Kind, int Round);

    /// <summary>The next task, or null where there is none now, or none yet: <see cref="TaskSearch.IsUnfinished"/>.</summary>
    public async Task<Choice?> NextAsync(ProjectMember member, bool qualified, int overlap, ProjectSettings settings)
    {
        if (!qualified)
            return await QualificationAsync(member) is { } test ? new Choice(test, TaskKind.Qualification, member.QualificationTry) : null;
        if (await NormalAsync(member, overlap) is not { } task)
            return null;
        if (settings is { GoldShare: 0, RepeatShare: 0 })
            return new Choice(task, TaskKind.Normal, 0);
        // One draw for each lease, a function of who it is for and how many they had.
        double draw = new RandomStream(0, $"kind of task/{member.ProjectId}/{member.AnnotatorId}").Uniform((uint)member.Leased);
        if (draw < settings.GoldShare && await GoldAsync(member) is { } gold)
            return new Choice(gold, TaskKind.Gold, 0);
        if (draw >= settings.GoldShare && draw < settings.GoldShare + settings.RepeatShare
            && await RepeatAsync(member, settings) is { } repeat)
            return new Choice(repeat, TaskKind.Repeat, 1);
        return new Choice(task, TaskKind.Normal, 0);
    }

    /// <summary>Why there is nothing for somebody.</summary>
    public async Task<Waiting> WhyNoneAsync(ProjectMember member, bool qualified)
    {
        if (!qualified)
            return new Waiting(WaitReason.Qualification);
        var counts = await db.ProjectCounts.AsNoTracking().SingleOrDefaultAsync(c => c.ProjectId == member.ProjectId);
        if (counts is not { Tasks: > 0 })
            return new Waiting(WaitReason.Empty);
        if (counts.Complete == counts.Tasks)
            return new Waiting(WaitReason.Complete);
        // Leases of others at tasks that this person could have.
        var until = await (
            from a in db.Assignments
            join t in db.Tasks on a.TaskId equals t.Id
            where a.ProjectId == member.ProjectId && a.State == AssignmentState.Leased && a.Expires > now && a.Kind == TaskKind.Normal
                && t.Open
                && !db.Assignments.Any(own => own.TaskId == t.Id && own.AnnotatorId == member.AnnotatorId
                    && (own.State != AssignmentState.Leased || own.Expires > now))
            orderby a.Expires
            select (DateTimeOffset?)a.Expires).FirstOrDefaultAsync();
        return until is null ? new Waiting(WaitReason.AllDone) : new Waiting(WaitReason.SeatsTaken, until);
    }

    private Task<Guid?> QualificationAsync(ProjectMember member) => (
        from t in db.Tasks
        where t.ProjectId == member.ProjectId && t.Kind != TaskKind.Normal && t.Kind == TaskKind.Qualification && t.Erased == null
            && !db.Assignments.Any(a => a.TaskId == t.Id && a.AnnotatorId == member.AnnotatorId && a.Round == member.QualificationTry
                && (a.State != AssignmentState.Leased || a.Expires > now))
        orderby t.Position
        select (Guid?)t.Id).FirstOrDefaultAsync();

    private Task<Guid?> GoldAsync(ProjectMember member) => (
        from t in db.Tasks
        where t.ProjectId == member.ProjectId && t.Kind != TaskKind.Normal && t.Kind == TaskKind.Gold && t.Erased == null
            && !db.Assignments.Any(a => a.TaskId == t.Id && a.AnnotatorId == member.AnnotatorId
                && (a.State != AssignmentState.Leased || a.Expires > now))
        orderby t.Position
        select (Guid?)t.Id).FirstOrDefaultAsync();

    private async Task<Guid?> NormalAsync(ProjectMember member, int overlap)
    {
        // Somebody who has answered 50,000 tasks that want further answers does not walk over them again: the place of the
        // first one that they have not settled is kept. (A task that is merely held stays ahead: its lease may expire.)
        long end = search.End(member.NextPosition);
        var first = await (
            from t in Open(member, member.NextPosition, end)
            where !db.Assignments.Any(a => a.TaskId == t.Id && a.AnnotatorId == member.AnnotatorId && a.State != AssignmentState.Leased)
            orderby t.Position
            select new
            {
                t.Id,
                t.Position,
                HasSeat = !db.Assignments.Any(a => a.TaskId == t.Id && a.AnnotatorId == member.AnnotatorId && a.Expires > now)
                    && t.Answered + db.Assignments.Count(a => a.TaskId == t.Id && a.Kind == TaskKind.Normal
                        && a.State == AssignmentState.Leased && a.Expires > now)
                        < (t.Overlap ?? overlap),
            }).FirstOrDefaultAsync();
        if (first is null)
        {
            if (await FirstOpenAsync(member, end) is { } ahead)
            {
                member.NextPosition = ahead;
                search.IsUnfinished = true;
                return null;
            }
            member.NextPosition = 1 + (await db.Tasks.Where(t => t.ProjectId == member.ProjectId).MaxAsync(t => (long?)t.Position) ?? -1);
            return null;
        }
        member.NextPosition = first.Position;
        if (first.HasSeat)
            return first.Id;
        long beyond = Math.Max(first.Position + 1, search.SeatsFrom);
        end = search.End(beyond);
        var task = await (
            from t in Open(member, beyond, end)
            where !db.Assignments.Any(a => a.TaskId == t.Id && a.AnnotatorId == member.AnnotatorId
                && (a.State != AssignmentState.Leased || a.Expires > now))
                && t.Answered + db.Assignments.Count(a => a.TaskId == t.Id && a.Kind == TaskKind.Normal && a.State == AssignmentState.Leased
                    && a.Expires > now)
                    < (t.Overlap ?? overlap)
            orderby t.Position
            select (Guid?)t.Id).FirstOrDefaultAsync();
        if (task is null && await FirstOpenAsync(member, end) is { } further)
        {
            search.SeatsFrom = further;
            search.IsUnfinished = true;
        }
        return task;
    }

    /// <summary>The position of the first open task that is not before <paramref name="from"/>.</summary>
    private async Task<long?> FirstOpenAsync(ProjectMember member, long from) => from == TaskSearch.NoEnd ? null
        : await Open(member, from, TaskSearch.NoEnd).OrderBy(t => t.Position).Select(t => (long?)t.Position).FirstOrDefaultAsync();

    /// <summary>
    /// The open tasks of a project from a position on, and before another. The index is named because SQLite would choose the index of all
    /// tasks and then walk over every task that is done.
    /// </summary>
    private IQueryable<LabelingTask> Open(ProjectMember member, long from, long end) => db.Tasks.FromSql($"""
        SELECT * FROM Tasks INDEXED BY IX_Tasks_Open
        WHERE ProjectId = {member.ProjectId} AND Open AND Position >= {from} AND Position < {end}
        """);

    /// <summary>The newest task that they answered long enough ago and that was not repeated yet.</summary>
    private async Task<Guid?> RepeatAsync(ProjectMember member, ProjectSettings settings)
    {
        var before = now - TimeSpan.FromMinutes(settings.RepeatAfterMinutes);
        return await (
            from a in db.Assignments
            where a.AnnotatorId == member.AnnotatorId && a.ProjectId == member.ProjectId && a.Kind == TaskKind.Normal && a.Closed <= before
                && a.State == AssignmentState.Submitted
                && !db.Assignments.Any(again => again.TaskId == a.TaskId && again.AnnotatorId == member.AnnotatorId && again.Round == 1
                    && (again.State != AssignmentState.Leased || again.Expires > now))
                && db.Tasks.Any(t => t.Id == a.TaskId && t.Erased == null)
            orderby a.Closed descending
            select (Guid?)a.TaskId).FirstOrDefaultAsync();
    }
}
