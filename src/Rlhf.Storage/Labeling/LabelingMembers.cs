using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// The members of labeling projects: adding, pausing and excluding them, and workers of other
/// platforms. The caller decides who may do this.
/// </summary>
public sealed class LabelingMembers(RlhfDatabase database, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Adds a member, or changes the role of one.</summary>
    /// <exception cref="UserError">No such project or annotator.</exception>
    public Task SetRoleAsync(Guid project, Guid annotator, ProjectRole role, CancellationToken cancellation = default) =>
        database.WriteAsync(async db => (await MemberAsync(db, project, annotator, cancellation)).Role = role, cancellation);

    /// <summary>
    /// The annotator of a worker from another platform: the same worker is the same annotator in every session.
    /// </summary>
    /// <exception cref="UserError">No such project, or an id that no such service gives.</exception>
    public Task<Guid> JoinFromLinkAsync(Guid project, string workerId, string? session, CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            if (string.IsNullOrWhiteSpace(workerId) || workerId.Length > 200)
                throw new UserError($"a worker id has 1 … 200 characters; got {workerId.Length}");
            var member = await db.Members.SingleOrDefaultAsync(m => m.ProjectId == project && m.ExternalWorkerId == workerId, cancellation);
            if (member is null)
            {
                var annotator = new Annotator { Description = "external worker", Created = _clock.GetUtcNow() };
                db.Annotators.Add(annotator);
                await db.SaveChangesAsync(cancellation);
                member = await MemberAsync(db, project, annotator.Id, cancellation);
                member.ExternalWorkerId = workerId;
            }
            member.ExternalSession = session;
            return member.AnnotatorId;
        }, cancellation);

    /// <summary>What a member hands in elsewhere at the end: the project's code, else one of their own that stays the same.</summary>
    /// <exception cref="UserError">No such member.</exception>
    public Task<string> CompletionCodeAsync(Guid project, Guid annotator, CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            var member = await ExistingAsync(db, project, annotator, cancellation);
            var settings = await db.Projects.Where(p => p.Id == project).Select(p => p.Settings).SingleAsync(cancellation);
            return member.CompletionCode ??= settings.CompletionCode
                ?? RandomNumberGenerator.GetString("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 10);
        }, cancellation);

    /// <summary>Keeps a member from labeling until they are let go on.</summary>
    /// <param name="project">The project.</param>
    /// <param name="annotator">The member.</param>
    /// <param name="reason">In words that they see.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="UserError">No such member.</exception>
    public Task PauseAsync(Guid project, Guid annotator, string reason, CancellationToken cancellation = default) =>
        database.WriteAsync(async db => Change(await ExistingAsync(db, project, annotator, cancellation), MemberState.Paused, reason),
            cancellation);

    /// <summary>
    /// Excludes a member: their answers are left out of datasets from now on and their seats come free; what was trained on them
    /// is marked as stale. Their annotations stay as they are.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="annotator">The member.</param>
    /// <param name="reason">In words that they see.</param>
    /// <param name="by">Who decided: an annotator, by id.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="UserError">No such member.</exception>
    public Task ExcludeAsync(Guid project, Guid annotator, string reason, string? by = null, CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            var member = await ExistingAsync(db, project, annotator, cancellation);
            if (member.State == MemberState.Excluded)
                return;
            Change(member, MemberState.Excluded, reason);
            var exclusion = new Exclusion
            {
                ProjectId = project,
                AnnotatorId = annotator,
                Reason = reason,
                CreatedBy = by,
                Created = _clock.GetUtcNow(),
            };
            db.Exclusions.Add(exclusion);
            await db.SaveChangesAsync(cancellation);
            await CountSeatsAsync(db, project, annotator, -1, cancellation);
            var theirs = db.Annotations.Where(a => a.AnnotatorId == annotator
                && db.Tasks.Any(t => t.Id == a.TaskId && t.ProjectId == project)).Select(a => a.Id);
            await StaleDescendants.MarkAsync(db, theirs, StaleCause.Exclusion, exclusion.Id, _clock.GetUtcNow());
            await db.Assignments.Where(a => a.AnnotatorId == annotator && a.ProjectId == project && a.State == AssignmentState.Leased
                && a.Expires > _clock.GetUtcNow())
                .ExecuteUpdateAsync(set => set.SetProperty(a => a.Expires, _clock.GetUtcNow()), cancellation);
        }, cancellation);

    /// <summary>
    /// Lets a paused or excluded member continue; an exclusion is lifted, and its stale marks are removed.
    /// </summary>
    /// <exception cref="UserError">No such member.</exception>
    public Task ReadmitAsync(Guid project, Guid annotator, CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            var member = await ExistingAsync(db, project, annotator, cancellation);
            bool excluded = member.State == MemberState.Excluded;
            Change(member, MemberState.Active, null);
            await db.SaveChangesAsync(cancellation);
            if (!excluded)
                return;
            var exclusions = await db.Exclusions.Where(e => e.ProjectId == project && e.AnnotatorId == annotator && e.Lifted == null)
                .ToListAsync(cancellation);
            exclusions.ForEach(e => e.Lifted = _clock.GetUtcNow());
            var ids = exclusions.Select(e => e.Id).ToList();
            await db.StaleMarks.Where(m => ids.Contains(m.CauseId)).ExecuteDeleteAsync(cancellation);
            await CountSeatsAsync(db, project, annotator, +1, cancellation);
        }, cancellation);

    /// <summary>Takes the seats of somebody's answers that are not erased, or gives them back.</summary>
    private static Task<int> CountSeatsAsync(RlhfDbContext db, Guid project, Guid annotator, int change, CancellationToken cancellation) =>
        db.Tasks.Where(t => t.ProjectId == project && t.Kind == TaskKind.Normal && t.Erased == null
            && db.Annotations.Any(a => a.TaskId == t.Id && a.AnnotatorId == annotator
                && a.Latest && a.Kind == TaskKind.Normal && a.Erased == null))
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.Answered, t => t.Answered + change).SetProperty(t => t.Open,
                t => t.Answered + change < (t.Overlap ?? db.Projects.Where(p => p.Id == project).Select(p => p.Overlap).First())),
                cancellation);

    private void Change(ProjectMember member, MemberState state, string? reason)
    {
        member.State = state;
        member.Reason = reason;
        member.StateChanged = _clock.GetUtcNow();
    }

    private async Task<ProjectMember> MemberAsync(RlhfDbContext db, Guid project, Guid annotator, CancellationToken cancellation)
    {
        if (await db.Members.SingleOrDefaultAsync(m => m.ProjectId == project && m.AnnotatorId == annotator, cancellation) is { } known)
            return known;
        if (!await db.Projects.AnyAsync(p => p.Id == project, cancellation))
            throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
        if (!await db.Annotators.AnyAsync(a => a.Id == annotator && a.Erased == null, cancellation))
            throw new UserError($"no annotator {annotator}") { Kind = ErrorKind.NotFound };
        var member = new ProjectMember { ProjectId = project, AnnotatorId = annotator, Joined = _clock.GetUtcNow() };
        db.Members.Add(member);
        return member;
    }

    private static async Task<ProjectMember> ExistingAsync(
        RlhfDbContext db, Guid project, Guid annotator, CancellationToken cancellation) =>
        await db.Members.SingleOrDefaultAsync(m => m.ProjectId == project && m.AnnotatorId == annotator, cancellation)
            ?? throw new UserError($"annotator {annotator} is not a member of project {project}") { Kind = ErrorKind.NotFound };
}
