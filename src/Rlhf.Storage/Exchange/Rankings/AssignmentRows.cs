using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Import;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>Writes the assignments, annotations and reviews of one task, as far as they are not there yet.</summary>
/// <param name="db">In a transaction.</param>
/// <param name="task">Their task.</param>
/// <param name="versions">What was asked.</param>
/// <param name="tally">Counts annotations.</param>
/// <param name="id">The id of a row here, from that in the file.</param>
/// <param name="annotator">Adds an annotator where needed, and says whether their answers may be kept.</param>
internal sealed class AssignmentRows(
    RlhfDbContext db, LabelingTask task, VersionMap versions, ImportTally tally, Func<Guid, Guid> id,
    Func<Guid, CancellationToken, Task<bool>> annotator)
{
    public async Task AddAsync(AssignmentRecord record, CancellationToken cancellation)
    {
        if (!await annotator(record.Annotator, cancellation))
            return;
        var key = id(record.Id);
        // An answer that was given in two home folders, or a lease that is held here: what is here stays.
        var row = await db.Assignments.FirstOrDefaultAsync(a => a.Id == key
            || (a.TaskId == task.Id && a.AnnotatorId == record.Annotator && a.Round == record.Round), cancellation);
        if (row is not null && row.Id != key)
            throw new UserError($"annotator {record.Annotator} has another assignment to task {task.Id} here");
        if (row is null)
        {
            row = new Assignment
            {
                Id = key,
                ProjectId = task.ProjectId,
                TaskId = task.Id,
                AnnotatorId = record.Annotator,
                Kind = record.Kind,
                Round = record.Round,
                State = record.State,
                ProjectVersionId = record.Version is { } version ? versions[version].Id : null,
                OrderShown = record.OrderShown,
                Leased = record.Leased,
                Expires = record.Expires,
                Closed = record.Closed,
                SkipReason = record.SkipReason,
                Correct = record.Correct,
            };
            db.Assignments.Add(row);
        }
        else if (row.State != AssignmentState.Submitted && record.State == AssignmentState.Submitted)
        {
            (row.State, row.Closed, row.Correct) = (record.State, record.Closed, record.Correct);
        }
        await AddAnnotationsAsync(row, record, cancellation);
    }

    public async Task AddReviewsAsync(IReadOnlyList<ReviewRecord> records, CancellationToken cancellation)
    {
        // What is reviewed is looked for below.
        await db.SaveChangesAsync(cancellation);
        foreach (var record in records)
        {
            var key = id(record.Id);
            Guid? annotation = record.Annotation is { } of ? id(of) : null;
            if (!await annotator(record.Reviewer, cancellation) || await db.Reviews.AnyAsync(r => r.Id == key, cancellation)
                || annotation is not null && !await db.Annotations.AnyAsync(a => a.Id == annotation && a.Erased == null, cancellation))
                continue;
            var latest = record.Latest
                ? await db.Reviews.FirstOrDefaultAsync(r => r.TaskId == task.Id && r.AnnotationId == annotation && r.Latest, cancellation)
                : null;
            if (latest is not null)
            {
                latest.Latest = false;
                await db.SaveChangesAsync(cancellation);
            }
            db.Reviews.Add(new Review
            {
                Id = key,
                TaskId = task.Id,
                AnnotationId = annotation,
                ReviewerId = record.Reviewer,
                Decision = record.Decision,
                Answers = record.Answers,
                Salt = record.Answers is null ? null : System.Security.Cryptography.RandomNumberGenerator.GetBytes(16),
                Feedback = record.Feedback,
                Latest = record.Latest,
                Created = record.Created,
            });
            await db.SaveChangesAsync(cancellation);
        }
    }

    private async Task AddAnnotationsAsync(Assignment row, AssignmentRecord record, CancellationToken cancellation)
    {
        var known = await db.Annotations.Where(a => a.AssignmentId == row.Id).ToListAsync(cancellation);
        var added = record.Annotations.Where(a => known.All(k => k.Id != id(a.Id))).ToList();
        if (added.FirstOrDefault(a => known.Any(k => k.Revision == a.Revision)) is { } twice)
            throw new UserError($"assignment {row.Id} has another revision {twice.Revision} here");
        if (added.Count == 0)
            return;
        int newest = Math.Max(added.Max(a => a.Revision), known.Select(k => k.Revision).DefaultIfEmpty(0).Max());
        foreach (var before in known.Where(k => k.Latest && k.Revision < newest))
            before.Latest = false;
        // At most one revision is the latest, at every moment: so the old one steps down first.
        await db.SaveChangesAsync(cancellation);
        bool simulated = await db.Annotators.Where(a => a.Id == row.AnnotatorId).Select(a => a.IsSimulated).SingleAsync(cancellation);
        db.Annotations.AddRange(added.Select(a => new Annotation
        {
            Id = id(a.Id),
            AssignmentId = row.Id,
            TaskId = task.Id,
            AnnotatorId = row.AnnotatorId,
            ProjectVersionId = versions[a.Version].Id,
            Kind = row.Kind,
            Revision = a.Revision,
            Latest = a.Revision == newest,
            Answers = a.Answers,
            OrderShown = row.OrderShown,
            Seconds = a.Seconds,
            ActiveSeconds = a.ActiveSeconds,
            IsSimulated = simulated,
            Created = a.Created,
        }));
        tally.Annotations += added.Count;
    }
}
