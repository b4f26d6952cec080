using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// The rules of labeling, for people and simulated annotators alike. Every method takes the annotator who acts: assignments of others
/// do not exist for them. Every method runs inside one immediate transaction of <see cref="RlhfDatabase.WriteAsync{T}"/>, so that
/// what it reads cannot change before it writes.
/// </summary>
public sealed partial class LabelingRules(RlhfDbContext db, TimeProvider clock)
{
    // Nobody else writes during the transaction, so what was looked up once holds for all of its steps.
    private readonly Dictionary<Guid, Project> _projects = [];
    private readonly Dictionary<Guid, LabelingProjectVersion> _versions = [];
    private readonly Dictionary<Guid, IReadOnlyList<PresentedCompletion>> _shown = [];
    private readonly HashSet<Guid> _withoutDraft = [];
    private readonly MemberRules _members = new(db, clock.GetUtcNow());

    /// <summary>The task that the annotator holds already in this project, else the next one; null where there is none.</summary>
    /// <exception cref="UserError">No such annotator or project, or they may not label in it.</exception>
    public async Task<LeasedTask?> LeaseNextAsync(Guid annotator, Guid project, TimeSpan? lease = null) =>
        (await LeaseAsync(annotator, project, 1, lease)).Tasks is [var first, ..] ? first : null;

    /// <summary>
    /// The tasks that the annotator holds already in this project, oldest lease first, with further ones up to
    /// <paramref name="count"/> (the project's limit at most). The leases of all of them are renewed.
    /// </summary>
    /// <exception cref="UserError">No such annotator or project, or they may not label in it.</exception>
    public async Task<LeaseOutcome> LeaseAsync(Guid annotator, Guid project, int count = 1, TimeSpan? lease = null) =>
        (await TryLeaseAsync(annotator, project, count, lease, new TaskSearch()))!;

    /// <summary>
    /// The same; null where the search for the next task continues in another transaction. What was found until then is leased.
    /// </summary>
    internal async Task<LeaseOutcome?> TryLeaseAsync(Guid annotator, Guid project, int count, TimeSpan? lease, TaskSearch search)
    {
        search.IsUnfinished = false;
        var now = clock.GetUtcNow();
        var (overlap, settings, _, access) = await ProjectAsync(project);
        var member = await _members.ActiveAsync(project, annotator, access);
        var held = await LeasedTasks.Held(db, annotator, project, now).ToListAsync();
        count = Math.Min(count, Math.Max(1, settings.MaxLeases));
        // Whole milliseconds, as they are stored: who is told the time twice is told the same.
        var expires = DateTimeOffset.FromUnixTimeMilliseconds(
            (now + (lease ?? TimeSpan.FromMinutes(settings.LeaseMinutes))).ToUnixTimeMilliseconds());
        foreach (var assignment in held)
            assignment.Expires = expires;
        Waiting? waiting = null;
        if (settings.Closed is { } reason)
        {
            waiting = held.Count > 0 ? new Waiting(WaitReason.Closed)
                : throw new UserError($"this project is closed: {reason}") { Kind = ErrorKind.Forbidden };
        }
        else if (held.Count < count)
        {
            bool qualified = await _members.IsQualifiedAsync(member);
            var selection = new TaskSelection(db, now, search);
            while (held.Count < count && await selection.NextAsync(member, qualified, overlap, settings) is { } choice)
            {
                held.Add(await SeatAsync(choice, member, now, expires));
                member.Leased++;
                await db.SaveChangesAsync();
            }
            if (held.Count < count && !search.IsUnfinished)
                waiting = await selection.WhyNoneAsync(member, qualified);
        }
        await db.SaveChangesAsync();
        if (search.IsUnfinished)
            return null;
        var tasks = await LeasedTasks.PresentAsync(db, held);
        foreach (var task in tasks)
            _shown[task.TaskId] = task.Completions;
        return new LeaseOutcome(tasks, waiting);
    }

    /// <summary>
    /// Takes the answers to an assignment. The same answers again change nothing; an expired lease is still good while the
    /// task has a free seat, one that has not expired always is.
    /// </summary>
    /// <exception cref="UserError">
    /// The answers do not fit, others were submitted before, the seat is gone, or they may not label.
    /// </exception>
    public async Task<AnnotationReceipt> SubmitAsync(Guid annotator, Guid assignmentId, Answers answers, AnnotationContext? context = null)
    {
        var assignment = await FindAsync(annotator, assignmentId);
        if (await FindByKeyAsync(assignment, answers, context) is { } sent)
            return await WithFeedbackAsync(sent, assignment, null);
        if (assignment.State == AssignmentState.Submitted)
        {
            var revisions = await db.Annotations.Where(a => a.AssignmentId == assignmentId).OrderBy(a => a.Revision).ToListAsync();
            // A replay of the first submission stays what it was, also after a correction.
            var same = revisions.Find(a => Same(a.Answers, answers))
                ?? throw new UserError("this task was submitted with other answers; correct them instead") { Kind = ErrorKind.Conflict };
            return await WithFeedbackAsync(Receipt(assignment, same, added: false), assignment, null);
        }
        if (assignment.State == AssignmentState.Skipped)
            throw new UserError("this task was skipped") { Kind = ErrorKind.Conflict };
        var project = await ProjectAsync(assignment.ProjectId);
        var member = await _members.ActiveAsync(assignment.ProjectId, annotator, project.Access);
        var version = await CheckAsync(assignment, answers);
        var now = clock.GetUtcNow();
        if (assignment.Kind == TaskKind.Normal)
            await TakeSeatAsync(assignment, project.Overlap, now);
        assignment.State = AssignmentState.Submitted;
        assignment.Closed = now;
        assignment.Correct = await IsCorrectAsync(assignment, answers, version.Questions);
        if (!_withoutDraft.Contains(assignmentId))
            await db.Drafts.Where(d => d.AssignmentId == assignmentId).ExecuteDeleteAsync();
        var ended = await _members.ClosedAsync(member, assignment, project.Settings);
        var receipt = await AddAsync(assignment, version, 1, answers, context, now);
        if (assignment.Kind == TaskKind.Normal)
            await _members.AnsweredAsync(member, project.Settings);
        return await WithFeedbackAsync(receipt, assignment, ended);
    }

    /// <summary>With what is said to the annotator after a qualification task; other tasks must not be told from each other.</summary>
    private async Task<AnnotationReceipt> WithFeedbackAsync(AnnotationReceipt receipt, Assignment assignment, QualificationTry? ended) =>
        assignment.Kind != TaskKind.Qualification ? receipt : receipt with
        {
            Qualification = new QualificationFeedback(assignment.Correct == true,
                await db.GoldAnswers.Where(g => g.TaskId == assignment.TaskId).Select(g => g.Explanation).SingleOrDefaultAsync(), ended),
        };

    /// <summary>Makes a new revision of submitted answers; the earlier ones stay.</summary>
    /// <param name="annotator">Who acts.</param>
    /// <param name="assignmentId">The assignment that was submitted.</param>
    /// <param name="basedOn">The revision that the annotator saw, so that of two tabs the later does not undo the earlier unseen.</param>
    /// <param name="answers">The answers as they should be.</param>
    /// <param name="context">Time taken.</param>
    /// <exception cref="UserError">
    /// Nothing was submitted, the answers do not fit, there is a newer revision, or they may not label.
    /// </exception>
    public async Task<AnnotationReceipt> CorrectAsync(
        Guid annotator, Guid assignmentId, int basedOn, Answers answers, AnnotationContext? context = null)
    {
        var assignment = await FindAsync(annotator, assignmentId);
        if (await FindByKeyAsync(assignment, answers, context) is { } sent)
            return sent;
        var latest = await db.Annotations.SingleOrDefaultAsync(a => a.AssignmentId == assignmentId && a.Latest)
            ?? throw new UserError("nothing was submitted for this task yet, so there is nothing to correct") { Kind = ErrorKind.Conflict };
        if (Same(latest.Answers, answers))
            return Receipt(assignment, latest, added: false);
        await _members.ActiveAsync(assignment.ProjectId, annotator, (await ProjectAsync(assignment.ProjectId)).Access);
        if (assignment.Kind == TaskKind.Qualification)
            throw new UserError("answers to a qualification task cannot be corrected") { Kind = ErrorKind.Conflict };
        if (latest.Erased is not null)
            throw new UserError("these answers were erased and cannot be corrected") { Kind = ErrorKind.Conflict };
        if (latest.Revision != basedOn)
            throw new UserError($"these answers were corrected elsewhere: revision {latest.Revision} is the newest, not {basedOn}")
            {
                Kind = ErrorKind.Conflict,
            };
        var version = await CheckAsync(assignment, answers);
        latest.Latest = false;
        // At most one revision is the latest, at every moment: so the old one steps down first.
        await db.SaveChangesAsync();
        return await AddAsync(assignment, version, latest.Revision + 1, answers, context, clock.GetUtcNow());
    }

    /// <summary>Gives a task back unanswered; the annotator is not asked again, the seat is free.</summary>
    /// <exception cref="UserError">No such assignment of theirs, or it was submitted.</exception>
    public async Task SkipAsync(Guid annotator, Guid assignmentId, string reason)
    {
        var assignment = await FindAsync(annotator, assignmentId);
        if (assignment.State == AssignmentState.Submitted)
            throw new UserError("this task was submitted and can no longer be skipped") { Kind = ErrorKind.Conflict };
        if (assignment.State == AssignmentState.Skipped)
            return;
        var project = await ProjectAsync(assignment.ProjectId);
        var member = await _members.ActiveAsync(assignment.ProjectId, annotator, project.Access);
        assignment.State = AssignmentState.Skipped;
        assignment.SkipReason = reason;
        assignment.Closed = clock.GetUtcNow();
        await db.Drafts.Where(d => d.AssignmentId == assignmentId).ExecuteDeleteAsync();
        await _members.ClosedAsync(member, assignment, project.Settings);
        await db.SaveChangesAsync();
    }

    private async Task TakeSeatAsync(Assignment assignment, int projectOverlap, DateTimeOffset now)
    {
        var task = (await db.Tasks.FindAsync(assignment.TaskId))!;
        if (task.Erased is not null)
            throw new UserError("this task was erased") { Kind = ErrorKind.Conflict };
        int overlap = task.Overlap ?? projectOverlap;
        if (assignment.Expires <= now)
        {
            int others = await db.Assignments.CountAsync(a => a.TaskId == task.Id && a.Kind == TaskKind.Normal
                && a.State == AssignmentState.Leased && a.Expires > now);
            if (task.Answered + others >= overlap)
                throw new UserError("the time for this task ran out and it was given to someone else") { Kind = ErrorKind.Conflict };
        }
        task.Answered++;
        task.Open = task.Answered < overlap;
    }

    private async Task<AnnotationReceipt> AddAsync(
        Assignment assignment, LabelingProjectVersion version, int revision, Answers answers, AnnotationContext? context,
        DateTimeOffset now)
    {
        double lasted = (now - assignment.Leased).TotalSeconds;
        var annotation = new Annotation
        {
            Id = context?.IdempotencyKey is { } key ? SubmissionKey.AnnotationId(assignment.Id, key) : Guid.CreateVersion7(),
            AssignmentId = assignment.Id,
            TaskId = assignment.TaskId,
            AnnotatorId = assignment.AnnotatorId,
            ProjectVersionId = version.Id,
            Kind = assignment.Kind,
            Revision = revision,
            Answers = answers,
            OrderShown = assignment.OrderShown,
            Seconds = Bounded(context?.Seconds, lasted),
            ActiveSeconds = Bounded(context?.ActiveSeconds, Math.Min(lasted, context?.Seconds ?? lasted)),
            IsSimulated = _members.IsSimulated(assignment.AnnotatorId),
            Created = now,
        };
        db.Annotations.Add(annotation);
        await db.SaveChangesAsync();
        // A thousand steps in one transaction would each look for changes in all that came before.
        db.Entry(annotation).State = EntityState.Detached;
        db.Entry(assignment).State = EntityState.Detached;
        if (db.Tasks.Local.FindEntry(assignment.TaskId) is { } task)
            task.State = EntityState.Detached;
        return Receipt(assignment, annotation, added: true);
    }

    private static double? Bounded(double? seconds, double most) => seconds is null ? null
        : seconds >= 0 ? Math.Min(seconds.Value, most)
        : throw new UserError($"the time taken must be 0 or more seconds; got {seconds}");

    private async Task<LabelingProjectVersion> CheckAsync(Assignment assignment, Answers answers)
    {
        var version = assignment.ProjectVersionId is { } asked
            ? await VersionAsync(asked)
            : (await ProjectAsync(assignment.ProjectId)).Newest;
        PresentedCompletion[] completions = _shown.TryGetValue(assignment.TaskId, out var shown) ? [.. shown.OrderBy(c => c.Index)]
            : await db.Completions.AsNoTracking().Where(c => c.TaskId == assignment.TaskId).OrderBy(c => c.Index)
                .Select(c => new PresentedCompletion(c.Index, c.Content, c.Context)).ToArrayAsync();
        // Refusals name completions as the annotator sees them.
        var places = PresentedPlaces.Create(LeasedTasks.InOrder(completions, assignment.OrderShown));
        AnswerRules.Check(answers, version.Questions, [.. completions.Select(c => ContentJson.AllText(c.Content))], places.IdOfIndex);
        return version;
    }

    private async Task<bool?> IsCorrectAsync(Assignment assignment, Answers answers, IReadOnlyList<Question> questions)
    {
        if (assignment.Kind == TaskKind.Normal)
            return null;
        var expected = assignment.Kind != TaskKind.Repeat
            ? await db.GoldAnswers.Where(g => g.TaskId == assignment.TaskId).Select(g => g.Answers).SingleOrDefaultAsync()
            : await db.Annotations.Where(a => a.TaskId == assignment.TaskId && a.AnnotatorId == assignment.AnnotatorId
                && a.Kind == TaskKind.Normal && a.Latest && a.Erased == null)
                .Select(a => a.Answers).SingleOrDefaultAsync();
        return expected is null ? null : AnswerComparison.Agree(answers, expected, questions);
    }

    private async Task<Project> ProjectAsync(Guid id)
    {
        if (_projects.TryGetValue(id, out var known))
            return known;
        var found = await (
            from v in db.ProjectVersions.AsNoTracking()
            join p in db.Projects on v.ProjectId equals p.Id
            where v.ProjectId == id
            orderby v.Number descending
            select new { p.Overlap, p.Settings, Newest = v }).FirstOrDefaultAsync()
            ?? throw new UserError($"no labeling project {id}") { Kind = ErrorKind.NotFound };
        _versions[found.Newest.Id] = found.Newest;
        return _projects[id] = new Project(found.Overlap, found.Settings, found.Newest, found.Settings.Access);
    }

    private async Task<LabelingProjectVersion> VersionAsync(Guid id) => _versions.TryGetValue(id, out var known) ? known
        : _versions[id] = await db.ProjectVersions.AsNoTracking().SingleAsync(v => v.Id == id);

    private async Task<Assignment> SeatAsync(TaskSelection.Choice choice, ProjectMember member, DateTimeOffset now, DateTimeOffset expires)
    {
        // A lease of theirs that expired is taken up again: one person has one row per task and round.
        var found = await (
            from t in db.Tasks
            where t.Id == choice.Task
            from a in db.Assignments.Where(a => a.TaskId == t.Id && a.AnnotatorId == member.AnnotatorId && a.Round == choice.Round)
                .DefaultIfEmpty()
            select new { Task = t, Completions = t.Completions.Count(), Assignment = (Assignment?)a }).SingleAsync();
        var assignment = found.Assignment;
        if (assignment is null)
        {
            assignment = new Assignment
            {
                ProjectId = member.ProjectId,
                TaskId = choice.Task,
                AnnotatorId = member.AnnotatorId,
                Kind = choice.Kind,
                Round = choice.Round,
            };
            db.Assignments.Add(assignment);
            _withoutDraft.Add(assignment.Id);
        }
        assignment.Leased = now;
        assignment.Expires = expires;
        assignment.ProjectVersionId = (await ProjectAsync(member.ProjectId)).Newest.Id;
        assignment.OrderShown = choice.Kind == TaskKind.Repeat
            ? PresentationOrder.Reverse(
                await db.Assignments.AsNoTracking()
                    .SingleAsync(a => a.TaskId == choice.Task && a.AnnotatorId == member.AnnotatorId && a.Round == 0), found.Completions)
            : PresentationOrder.Draw(choice.Task, member.AnnotatorId, choice.Round, found.Completions);
        return assignment;
    }

    /// <summary>What this transaction has leased is not read again.</summary>
    private async Task<Assignment> FindAsync(Guid annotator, Guid id) =>
        await db.Assignments.FindAsync(id) is { } found && found.AnnotatorId == annotator
            ? found
            : throw new UserError($"no assignment {id}") { Kind = ErrorKind.NotFound };

    private static bool Same(Answers a, Answers b) => ContentJson.Write(a) == ContentJson.Write(b);

    private sealed record Project(int Overlap, ProjectSettings Settings, LabelingProjectVersion Newest, ProjectAccess Access);
}
