using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// Labeling for the rest of the program: each call is one transaction (a long search for the next task is several),
/// <see cref="InTransactionAsync"/> makes one of many.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="clock">The time; null takes the system's.</param>
/// <param name="changes">Where submissions and changes of projects are published; null publishes nothing.</param>
public sealed class LabelingService(RlhfDatabase database, TimeProvider? clock = null, ChangeFeed? changes = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <inheritdoc cref="LabelingRules.LeaseNextAsync"/>
    public async Task<LeasedTask?> LeaseNextAsync(
        Guid annotator, Guid project, TimeSpan? lease = null, CancellationToken cancellation = default) =>
        (await LeaseAsync(annotator, project, 1, lease, cancellation)).Tasks is [var first, ..] ? first : null;

    /// <inheritdoc cref="LabelingRules.LeaseAsync"/>
    public async Task<LeaseOutcome> LeaseAsync(
        Guid annotator, Guid project, int count, TimeSpan? lease = null, CancellationToken cancellation = default)
    {
        var search = new TaskSearch(TaskSearch.TasksTogether);
        while (true)
        {
            if (await InTransactionAsync(
                rules => rules.TryLeaseAsync(annotator, project, count, lease, search), cancellation) is { } outcome)
                return outcome;
        }
    }

    /// <summary>What somebody holds in a project, oldest lease first. Changes nothing and renews no lease.</summary>
    public async Task<IReadOnlyList<LeasedTask>> HeldAsync(Guid annotator, Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await LeasedTasks.HeldAsync(db, annotator, project, _clock.GetUtcNow(), cancellation);
    }

    /// <summary>
    /// As <see cref="LabelingRules.SubmitAsync"/>; answers that are refused are kept as a draft where the task is still to be answered.
    /// </summary>
    /// <exception cref="UserError">
    /// The answers do not fit, others were submitted before, the seat is gone, or they may not label.
    /// </exception>
    public async Task<AnnotationReceipt> SubmitAsync(
        Guid annotator, Guid assignment, Answers answers, AnnotationContext? context = null, CancellationToken cancellation = default)
    {
        try
        {
            return Publish(await InTransactionAsync(rules => rules.SubmitAsync(annotator, assignment, answers, context), cancellation));
        }
        catch (UserError refusal)
        {
            if (await InTransactionAsync(rules => rules.KeepRefusedAsync(annotator, assignment, answers), cancellation))
                throw new UserError($"{refusal.Message}; your answers are kept as a draft", refusal)
                {
                    Kind = refusal.Kind,
                    Field = refusal.Field,
                };
            throw;
        }
    }

    /// <inheritdoc cref="LabelingRules.CorrectAsync"/>
    public async Task<AnnotationReceipt> CorrectAsync(
        Guid annotator, Guid assignment, int basedOn, Answers answers, AnnotationContext? context = null,
        CancellationToken cancellation = default) =>
        Publish(await InTransactionAsync(rules => rules.CorrectAsync(annotator, assignment, basedOn, answers, context), cancellation));

    /// <summary>An assignment of an annotator, open or closed, as it was shown to them.</summary>
    /// <exception cref="UserError">They have none of this id.</exception>
    public async Task<AssignedTask> FindAsync(Guid annotator, Guid assignment, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await LeasedTasks.FindAsync(db, annotator, assignment, cancellation)
            ?? throw new UserError($"no assignment {assignment}") { Kind = ErrorKind.NotFound };
    }

    /// <inheritdoc cref="LabelingRules.SkipAsync"/>
    public Task SkipAsync(Guid annotator, Guid assignment, string reason, CancellationToken cancellation = default) =>
        database.WriteAsync(db => new LabelingRules(db, _clock).SkipAsync(annotator, assignment, reason), cancellation);

    /// <inheritdoc cref="LabelingRules.SaveDraftAsync"/>
    public Task<bool> SaveDraftAsync(
        Guid annotator, Guid assignment, Answers answers, long sequence, double? activeSeconds = null,
        CancellationToken cancellation = default) =>
        InTransactionAsync(rules => rules.SaveDraftAsync(annotator, assignment, answers, sequence, activeSeconds), cancellation);

    /// <inheritdoc cref="LabelingRules.DeleteDraftAsync"/>
    public Task DeleteDraftAsync(Guid annotator, Guid assignment, CancellationToken cancellation = default) =>
        database.WriteAsync(db => new LabelingRules(db, _clock).DeleteDraftAsync(annotator, assignment), cancellation);

    /// <summary>An annotator's drafts in a project, newest first: also those whose task was given to somebody else since.</summary>
    public async Task<IReadOnlyList<Draft>> DraftsAsync(Guid annotator, Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await (
            from d in db.Drafts
            join a in db.Assignments on d.AssignmentId equals a.Id
            where a.AnnotatorId == annotator && a.ProjectId == project
            orderby d.Saved descending
            select d).ToListAsync(cancellation);
    }

    /// <summary>
    /// Does several steps in one transaction, under the same rules, so that thousands of steps of simulated annotators do not cost a
    /// commit each. Other writers wait meanwhile: at most some hundred steps.
    /// </summary>
    public Task<T> InTransactionAsync<T>(Func<LabelingRules, Task<T>> work, CancellationToken cancellation = default) =>
        database.WriteAsync(db => work(new LabelingRules(db, _clock)), cancellation);

    /// <summary>Makes a project, or finds the one of this name.</summary>
    /// <exception cref="UserError">One of this name is there with other questions or another overlap.</exception>
    public Task<Guid> CreateProjectAsync(
        string name, int overlap = 1, IReadOnlyList<Question>? questions = null, string guidelines = "",
        CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            questions ??= [Question.DefaultRanking];
            QuestionRules.Check(questions);
            ProjectChanges.CheckOverlap(overlap);
            var found = await db.Projects.Include(p => p.Versions).SingleOrDefaultAsync(p => p.Name == name, cancellation);
            if (found is not null)
            {
                var newest = found.Versions.MaxBy(v => v.Number)!;
                return found.Overlap == overlap && newest.Guidelines == guidelines
                    && ContentJson.Write(newest.Questions) == ContentJson.Write(questions)
                    ? found.Id
                    : throw new UserError(
                        $"a labeling project '{name}' exists already, with other questions, guidelines or overlap; choose another name")
                    {
                        Kind = ErrorKind.Conflict,
                        Field = "name",
                    };
            }
            var now = _clock.GetUtcNow();
            var project = new LabelingProject { Name = name, Overlap = overlap, Created = now };
            project.Versions.Add(new LabelingProjectVersion { Questions = questions, Guidelines = guidelines, Created = now });
            db.Projects.Add(project);
            return project.Id;
        }, cancellation);

    /// <summary>Adds an annotator. Whether it is simulated never changes.</summary>
    /// <param name="simulated">Whether a program answers instead of a person.</param>
    /// <param name="description">For a simulated one its gold reward and error rates.</param>
    /// <param name="id">An id of the caller's, so that doing it twice makes one annotator; null draws one.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<Guid> CreateAnnotatorAsync(
        bool simulated, string description = "", Guid? id = null, CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            if (id is { } wanted && await db.Annotators.FirstOrDefaultAsync(a => a.Id == wanted, cancellation) is { } found)
                return found.IsSimulated == simulated
                    ? wanted
                    : throw new UserError($"annotator {wanted} exists already and is {(found.IsSimulated ? "" : "not ")}simulated");
            var annotator = new Annotator
            {
                Id = id ?? Guid.NewGuid(),
                IsSimulated = simulated,
                Description = description,
                Created = _clock.GetUtcNow(),
            };
            db.Annotators.Add(annotator);
            return annotator.Id;
        }, cancellation);

    /// <summary>
    /// Adds tasks at the end of a project; those whose content is there already are left out. Returns how many were added.
    /// </summary>
    public async Task<int> AddTasksAsync(
        Guid project, IEnumerable<NewTask> tasks, Guid? run = null, CancellationToken cancellation = default)
    {
        int added = await database.WriteAsync(db => TaskEntry.AddAsync(db, project, tasks, run, _clock.GetUtcNow()), cancellation);
        if (added > 0)
            PublishProject(project);
        return added;
    }

    /// <summary>Makes the next version of a project's questions and guidelines; leases already given keep the version they show.</summary>
    /// <returns>The number of the version; that of the newest where nothing differs.</returns>
    /// <exception cref="UserError">No such project, or questions that nobody could answer.</exception>
    public async Task<int> ReviseProjectAsync(
        Guid project, IReadOnlyList<Question> questions, string guidelines, CancellationToken cancellation = default)
    {
        int version = await database.WriteAsync(
            db => ProjectChanges.ReviseAsync(db, project, questions, guidelines, _clock.GetUtcNow()), cancellation);
        PublishProject(project);
        return version;
    }

    /// <summary>Changes how a project is run, from the next lease on.</summary>
    /// <exception cref="UserError">No such project, or a setting out of range.</exception>
    public async Task SetSettingsAsync(Guid project, ProjectSettings settings, CancellationToken cancellation = default)
    {
        await database.WriteAsync(db => ProjectChanges.SetSettingsAsync(db, project, _ => settings), cancellation);
        PublishProject(project);
    }

    /// <summary>
    /// Changes how many annotators a project's tasks want; tasks open or close accordingly, leases already given stay good.
    /// </summary>
    public async Task SetOverlapAsync(Guid project, int overlap, CancellationToken cancellation = default)
    {
        await database.WriteAsync(db => ProjectChanges.SetOverlapAsync(db, project, overlap), cancellation);
        PublishProject(project);
    }

    /// <summary>How far a project is.</summary>
    public async Task<LabelingProgress> ProgressAsync(Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        int? overlap = await db.Projects.Where(p => p.Id == project).Select(p => (int?)p.Overlap).SingleOrDefaultAsync(cancellation);
        if (overlap is null)
            throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
        var counts = await db.ProjectCounts.SingleOrDefaultAsync(c => c.ProjectId == project, cancellation) ?? new ProjectCounts();
        return LabelingProgress.Create(counts, overlap.Value);
    }

    /// <summary>
    /// The texts of plain tasks: the prompt, and the completions in the task's own order, whatever order
    /// is shown. For a program that ranks them.
    /// </summary>
    public static (string Prompt, IReadOnlyList<string> Completions) Texts(LeasedTask task) =>
        (ContentJson.AllText(task.Context), [.. task.Completions.OrderBy(c => c.Index).Select(c => ContentJson.AllText(c.Content))]);

    /// <summary>A prompt of one text.</summary>
    public static IReadOnlyList<Message> Prompt(string text) => [Message.FromText(Message.User, text)];

    /// <summary>Published after the transaction, so that subscribers find the rows.</summary>
    private AnnotationReceipt Publish(AnnotationReceipt receipt)
    {
        if (receipt.Added)
            changes?.Publish(new Change(ChangeTypes.LabelingSubmission, null, null, _clock.GetUtcNow(),
                new JsonObject { ["project"] = receipt.ProjectId, ["task"] = receipt.TaskId }));
        return receipt;
    }

    private void PublishProject(Guid project) => changes?.Publish(
        new Change(ChangeTypes.LabelingProject, null, null, _clock.GetUtcNow(), new JsonObject { ["project"] = project }));
}
