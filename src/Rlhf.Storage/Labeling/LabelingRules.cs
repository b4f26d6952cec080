using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// The rules of labeling, for people and simulated annotators alike. Every method runs inside one immediate transaction of
/// <see cref="RlhfDatabase.WriteAsync{T}"/>, so that what it reads cannot change before it writes.
/// </summary>
public sealed class LabelingRules(RlhfDbContext db, TimeProvider clock)
{
    // Nobody else writes during the transaction, so what was looked up once holds for all of its steps.
    private readonly Dictionary<Guid, (int Overlap, LabelingProjectVersion Version)> _projects = [];
    private readonly Dictionary<Guid, bool> _simulated = [];

    /// <summary>How long a seat is kept unless the caller says otherwise.</summary>
    public static readonly TimeSpan DefaultLease = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The task that the annotator holds already in this project, else the first open one with a free seat that they have
    /// neither answered nor skipped; null where there is none.
    /// </summary>
    /// <exception cref="UserError">No such annotator or project.</exception>
    public async Task<LeasedTask?> LeaseNextAsync(Guid annotator, Guid project, TimeSpan? lease = null)
    {
        var now = clock.GetUtcNow();
        var expires = now + (lease ?? DefaultLease);
        var assignment = await (
            from a in db.Assignments
            join t in db.Tasks on a.TaskId equals t.Id
            where a.AnnotatorId == annotator && a.State == AssignmentState.Leased && a.Expires > now && t.ProjectId == project
            orderby a.Leased
            select a).FirstOrDefaultAsync();
        if (assignment is null)
        {
            int overlap = (await ProjectAsync(project)).Overlap;
            await IsSimulatedAsync(annotator);
            var task = await (
                from t in db.Tasks
                where t.ProjectId == project && t.Open
                    && !db.Assignments.Any(a => a.TaskId == t.Id && a.AnnotatorId == annotator && a.State != AssignmentState.Leased)
                    && t.Answered + db.Assignments.Count(a => a.TaskId == t.Id && a.State == AssignmentState.Leased && a.Expires > now) < (t.Overlap ?? overlap)
                orderby t.Position
                select t.Id).Cast<Guid?>().FirstOrDefaultAsync();
            if (task is null)
                return null;
            assignment = await SeatAsync(task.Value, annotator, project, now);
        }
        assignment.Expires = expires;
        await db.SaveChangesAsync();
        return await ShowAsync(assignment);
    }

    /// <summary>
    /// Takes the answers to an assignment. The same answers again change nothing; a lease that ran out is still good while
    /// the task has a free seat.
    /// </summary>
    /// <exception cref="UserError">The answers do not fit, others were submitted before, or the seat is gone.</exception>
    public async Task<AnnotationReceipt> SubmitAsync(Guid assignmentId, Answers answers, AnnotationContext? circumstances = null)
    {
        var assignment = await FindAsync(assignmentId);
        if (assignment.State == AssignmentState.Submitted)
        {
            var revisions = await db.Annotations.Where(a => a.AssignmentId == assignmentId).OrderBy(a => a.Revision).ToListAsync();
            // A replay of the first submission stays what it was, also after a correction.
            var same = revisions.Find(a => Same(a.Answers, answers))
                ?? throw new UserError("this task was submitted with other answers; correct them instead");
            return new AnnotationReceipt(same.Id, same.Revision, Added: false);
        }
        if (assignment.State == AssignmentState.Skipped)
            throw new UserError("this task was skipped");
        var task = await db.Tasks.SingleAsync(t => t.Id == assignment.TaskId);
        var version = await CheckAsync(task, answers);
        var now = clock.GetUtcNow();
        int overlap = task.Overlap ?? (await ProjectAsync(task.ProjectId)).Overlap;
        if (assignment.Expires <= now)
        {
            int others = await db.Assignments.CountAsync(a => a.TaskId == task.Id && a.State == AssignmentState.Leased && a.Expires > now);
            if (task.Answered + others >= overlap)
                throw new UserError("the time for this task ran out and its seat went to someone else; nothing was saved");
        }
        assignment.State = AssignmentState.Submitted;
        assignment.Closed = now;
        task.Answered++;
        task.Open = task.Answered < overlap;
        return await AddAsync(assignment, version, 1, answers, circumstances, now);
    }

    /// <summary>Makes a new revision of submitted answers; the earlier ones stay.</summary>
    /// <param name="assignmentId">The assignment that was submitted.</param>
    /// <param name="basedOn">The revision that the annotator saw, so that of two tabs the later does not undo the earlier unseen.</param>
    /// <param name="answers">The answers as they should be.</param>
    /// <param name="circumstances">Order shown and time taken.</param>
    /// <exception cref="UserError">Nothing was submitted, the answers do not fit, or there is a newer revision.</exception>
    public async Task<AnnotationReceipt> CorrectAsync(Guid assignmentId, int basedOn, Answers answers, AnnotationContext? circumstances = null)
    {
        var assignment = await FindAsync(assignmentId);
        var latest = await db.Annotations.SingleOrDefaultAsync(a => a.AssignmentId == assignmentId && a.Latest)
            ?? throw new UserError("nothing was submitted yet for this task: there is nothing to correct");
        if (Same(latest.Answers, answers))
            return new AnnotationReceipt(latest.Id, latest.Revision, Added: false);
        if (latest.Revision != basedOn)
            throw new UserError($"these answers were corrected elsewhere: revision {latest.Revision} is the newest, not {basedOn}");
        var task = await db.Tasks.SingleAsync(t => t.Id == assignment.TaskId);
        var version = await CheckAsync(task, answers);
        latest.Latest = false;
        // At most one revision is the latest, at every moment: so the old one steps down first.
        await db.SaveChangesAsync();
        return await AddAsync(assignment, version, latest.Revision + 1, answers, circumstances, clock.GetUtcNow());
    }

    /// <summary>Gives a task back unanswered; the annotator is not asked again, the seat is free.</summary>
    public async Task SkipAsync(Guid assignmentId, string reason)
    {
        var assignment = await FindAsync(assignmentId);
        if (assignment.State == AssignmentState.Submitted)
            throw new UserError("this task was submitted already and cannot be skipped");
        if (assignment.State == AssignmentState.Skipped)
            return;
        assignment.State = AssignmentState.Skipped;
        assignment.SkipReason = reason;
        assignment.Closed = clock.GetUtcNow();
        await db.SaveChangesAsync();
    }

    private async Task<AnnotationReceipt> AddAsync(Assignment assignment, LabelingProjectVersion version, int revision, Answers answers, AnnotationContext? circumstances, DateTimeOffset now)
    {
        var annotation = new Annotation
        {
            AssignmentId = assignment.Id,
            TaskId = assignment.TaskId,
            AnnotatorId = assignment.AnnotatorId,
            ProjectVersionId = version.Id,
            Revision = revision,
            Answers = answers,
            OrderShown = circumstances?.OrderShown,
            Seconds = circumstances?.Seconds,
            IsSimulated = await IsSimulatedAsync(assignment.AnnotatorId),
            Created = now,
        };
        db.Annotations.Add(annotation);
        await db.SaveChangesAsync();
        // A thousand steps in one transaction would each look for changes in all that came before.
        db.Entry(annotation).State = EntityState.Detached;
        db.Entry(assignment).State = EntityState.Detached;
        if (db.Tasks.Local.FindEntry(assignment.TaskId) is { } task)
            task.State = EntityState.Detached;
        return new AnnotationReceipt(annotation.Id, annotation.Revision, Added: true);
    }

    private async Task<LabelingProjectVersion> CheckAsync(LabelingTask task, Answers answers)
    {
        var version = (await ProjectAsync(task.ProjectId)).Version;
        AnswerRules.Check(answers, version.Questions, await db.Completions.CountAsync(c => c.TaskId == task.Id));
        return version;
    }

    private async Task<(int Overlap, LabelingProjectVersion Version)> ProjectAsync(Guid id)
    {
        if (_projects.TryGetValue(id, out var known))
            return known;
        int? overlap = await db.Projects.Where(p => p.Id == id).Select(p => (int?)p.Overlap).FirstOrDefaultAsync();
        var version = await db.ProjectVersions.AsNoTracking().Where(v => v.ProjectId == id).OrderByDescending(v => v.Number).FirstOrDefaultAsync();
        return overlap is null || version is null ? throw new UserError($"no labeling project {id}") : _projects[id] = (overlap.Value, version);
    }

    private async Task<bool> IsSimulatedAsync(Guid annotator) =>
        _simulated.TryGetValue(annotator, out bool known) ? known
        : _simulated[annotator] = await db.Annotators.Where(a => a.Id == annotator).Select(a => (bool?)a.IsSimulated).FirstOrDefaultAsync()
            ?? throw new UserError($"no annotator {annotator}");

    private async Task<Assignment> SeatAsync(Guid task, Guid annotator, Guid project, DateTimeOffset now)
    {
        // A lease of theirs that ran out is taken up again: one person has one row a task.
        var assignment = await db.Assignments.SingleOrDefaultAsync(a => a.TaskId == task && a.AnnotatorId == annotator);
        if (assignment is null)
        {
            assignment = new Assignment { ProjectId = project, TaskId = task, AnnotatorId = annotator };
            db.Assignments.Add(assignment);
        }
        assignment.Leased = now;
        return assignment;
    }

    private async Task<Assignment> FindAsync(Guid id) =>
        await db.Assignments.SingleOrDefaultAsync(a => a.Id == id) ?? throw new UserError($"no assignment {id}");

    private async Task<LeasedTask> ShowAsync(Assignment assignment)
    {
        var context = await db.Tasks.Where(t => t.Id == assignment.TaskId).Select(t => t.Context).SingleAsync();
        var completions = await db.Completions.Where(c => c.TaskId == assignment.TaskId).OrderBy(c => c.Index)
            .Select(c => new PresentedCompletion(c.Index, c.Content, c.Context)).ToListAsync();
        return new LeasedTask(assignment.Id, assignment.TaskId, context, completions, assignment.Expires);
    }

    private static bool Same(Answers a, Answers b) => ContentJson.Write(a) == ContentJson.Write(b);
}
