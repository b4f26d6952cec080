using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>Reviewers' decisions: on one annotation, or on a task where annotators disagree. The annotation itself never changes.</summary>
/// <param name="database">The database.</param>
/// <param name="clock">The time; null takes the system's.</param>
/// <param name="everywhere">Whether reviewers need not be members: the caller has asked who they are.</param>
public sealed class LabelingReviews(RlhfDatabase database, TimeProvider? clock = null, bool everywhere = false)
{
    private const int SaltBytes = 16;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Approves, edits or rejects an annotation revision. A later decision on it replaces this one.</summary>
    /// <param name="reviewer">Who decides, never the author: a reviewer or owner of the project, or who reviews everywhere.</param>
    /// <param name="annotation">The newest revision.</param>
    /// <param name="decision">Edited needs answers, the others take none.</param>
    /// <param name="answers">The answers as they should be.</param>
    /// <param name="feedback">Shown to the author.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="UserError">No such annotation, not allowed, or answers that do not fit.</exception>
    public Task<Guid> ReviewAsync(
        Guid reviewer, Guid annotation, ReviewDecision decision, Answers? answers = null, string? feedback = null,
        CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            var row = await db.Annotations.AsNoTracking().SingleOrDefaultAsync(a => a.Id == annotation, cancellation)
                ?? throw new UserError($"no annotation {annotation}") { Kind = ErrorKind.NotFound };
            await CheckReviewerAsync(db, reviewer, row.TaskId, cancellation);
            if (row.AnnotatorId == reviewer)
                throw new UserError("nobody reviews their own answers") { Kind = ErrorKind.Forbidden };
            if (!row.Latest || row.Erased is not null)
                throw new UserError($"annotation {annotation} was {(row.Latest ? "erased" : "corrected; review the newest revision")}")
                {
                    Kind = ErrorKind.Conflict,
                };
            if (decision == ReviewDecision.Adjudicated || (decision == ReviewDecision.Edited) != (answers is not null))
                throw new UserError(decision == ReviewDecision.Edited
                    ? "an edit needs the edited answers"
                    : $"a review that is {decision.ToString().ToLowerInvariant()} takes no answers");
            if (answers is not null)
                await CheckAnswersAsync(db, row.TaskId, row.ProjectVersionId, answers, cancellation);
            await db.Reviews.Where(r => r.AnnotationId == annotation && r.Latest)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.Latest, false), cancellation);
            return Add(db, row.TaskId, annotation, reviewer, decision, answers, feedback);
        }, cancellation);

    /// <summary>Sets a task's final answers. A later adjudication replaces this one.</summary>
    /// <exception cref="UserError">No such task, not allowed, or answers that do not fit the newest questions.</exception>
    public Task<Guid> AdjudicateAsync(
        Guid reviewer, Guid task, Answers answers, string? feedback = null, CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            var project = await CheckReviewerAsync(db, reviewer, task, cancellation);
            var version = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number).Select(v => v.Id)
                .FirstAsync(cancellation);
            await CheckAnswersAsync(db, task, version, answers, cancellation);
            await db.Reviews.Where(r => r.TaskId == task && r.AnnotationId == null && r.Latest)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.Latest, false), cancellation);
            return Add(db, task, null, reviewer, ReviewDecision.Adjudicated, answers, feedback);
        }, cancellation);

    private Guid Add(RlhfDbContext db, Guid task, Guid? annotation, Guid reviewer, ReviewDecision decision, Answers? answers,
        string? feedback)
    {
        var review = new Review
        {
            TaskId = task,
            AnnotationId = annotation,
            ReviewerId = reviewer,
            Decision = decision,
            Answers = answers,
            Salt = answers is null ? null : RandomNumberGenerator.GetBytes(SaltBytes),
            Feedback = feedback,
            Created = _clock.GetUtcNow(),
        };
        db.Reviews.Add(review);
        return review.Id;
    }

    private async Task<Guid> CheckReviewerAsync(RlhfDbContext db, Guid reviewer, Guid task, CancellationToken cancellation)
    {
        var project = await db.Tasks.Where(t => t.Id == task && t.Erased == null).Select(t => (Guid?)t.ProjectId)
            .SingleOrDefaultAsync(cancellation)
            ?? throw new UserError($"no labeling task {task}") { Kind = ErrorKind.NotFound };
        bool allowed = everywhere || await db.Members.AnyAsync(m => m.ProjectId == project && m.AnnotatorId == reviewer
            && m.Role != ProjectRole.Annotator && m.State == MemberState.Active, cancellation);
        return allowed
            ? project
            : throw new UserError("only an active reviewer or owner of the project may review") { Kind = ErrorKind.Forbidden };
    }

    private static async Task CheckAnswersAsync(RlhfDbContext db, Guid task, Guid version, Answers answers, CancellationToken cancellation)
    {
        var questions = await db.ProjectVersions.Where(v => v.Id == version).Select(v => v.Questions).SingleAsync(cancellation);
        var contents = await db.Completions.Where(c => c.TaskId == task).OrderBy(c => c.Index).Select(c => c.Content)
            .ToListAsync(cancellation);
        AnswerRules.Check(answers, questions, [.. contents.Select(ContentJson.AllText)]);
    }
}
