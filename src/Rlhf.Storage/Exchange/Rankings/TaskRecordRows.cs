using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>Writes task records as rows, as far as they are not there yet. Inside one transaction.</summary>
internal sealed class TaskRecordRows(
    RlhfDbContext db, Guid project, VersionMap versions, IReadOnlyDictionary<Guid, AnnotatorRecord> annotators, ImportTally tally,
    DateTimeOffset now)
{
    private const string Savepoint = "record";

    private readonly Dictionary<Guid, bool> _annotators = [];
    private HashSet<Guid> _checkpoints = [];
    private long _position;
    private int _overlap;

    /// <summary>What holds for all tasks of the transaction.</summary>
    public async Task PrepareAsync(IEnumerable<TaskRecord> tasks, CancellationToken cancellation)
    {
        _position = await db.Tasks.Where(t => t.ProjectId == project).MaxAsync(t => (long?)t.Position, cancellation) ?? -1;
        _overlap = await db.Projects.Where(p => p.Id == project).Select(p => p.Overlap).SingleAsync(cancellation);
        var named = tasks.SelectMany(t => t.Completions).Select(c => c.Checkpoint).OfType<Guid>().Distinct().ToList();
        _checkpoints = [.. await db.Checkpoints.Where(c => named.Contains(c.Id)).Select(c => c.Id).ToListAsync(cancellation)];
    }

    /// <summary>Whether the project had no tasks when the import began: then the places of the file are kept.</summary>
    public required bool KeepPositions { get; init; }

    /// <summary>Adds a task, or what is new about one that is there. A record with a fault is told, and nothing of it is added.</summary>
    public async Task AddAsync(int line, TaskRecord record, CancellationToken cancellation)
    {
        (int tasks, int annotations) = (tally.Tasks, tally.Annotations);
        var transaction = db.Database.CurrentTransaction!;
        await transaction.CreateSavepointAsync(Savepoint, cancellation);
        try
        {
            Check(record);
            var task = await FindAsync(record, cancellation);
            if (task?.Erased is not null)
            {
                tally.Known++;
                return;
            }
            bool derive = task is null && await db.Tasks.AnyAsync(t => t.Id == record.Id, cancellation)
                || task is not null && task.Id == DerivedIds.Create(project, record.Id);
            Guid Id(Guid id) => derive ? DerivedIds.Create(project, id) : id;
            if (task is null)
            {
                task = AddTask(record, Id);
                tally.Tasks++;
                await db.SaveChangesAsync(cancellation);
            }
            var assignments = new AssignmentRows(db, task, versions, tally, Id, AnnotatorAsync);
            foreach (var assignment in record.Assignments)
                await assignments.AddAsync(assignment, cancellation);
            await assignments.AddReviewsAsync(record.Reviews ?? [], cancellation);
            await CountAsync(task, cancellation);
            if (tally.Tasks == tasks && tally.Annotations == annotations)
                tally.Known++;
        }
        catch (Exception error) when (error is UserError or DbUpdateException)
        {
            await transaction.RollbackToSavepointAsync(Savepoint, cancellation);
            _annotators.Clear();
            (tally.Tasks, tally.Annotations) = (tasks, annotations);
            tally.Bad(line, error is UserError
                ? error.Message
                : $"it contradicts what is here: {error.InnerException?.Message ?? error.Message}");
        }
        // Tasks that are done would be looked through for changes at each further one.
        db.ChangeTracker.Clear();
    }

    /// <summary>The same task: by its id, by the id of a copy, or by its content.</summary>
    private async Task<LabelingTask?> FindAsync(TaskRecord record, CancellationToken cancellation)
    {
        var copy = DerivedIds.Create(project, record.Id);
        var found = await db.Tasks.Where(t => t.ProjectId == project && (t.Id == record.Id || t.Id == copy))
            .FirstOrDefaultAsync(cancellation);
        if (found is not null)
            return found;
        string key = Key(record);
        return await db.Tasks.FirstOrDefaultAsync(t => t.ProjectId == project && t.ContentKey == key, cancellation);
    }

    private static string Key(TaskRecord record) => record.Key
        ?? TaskEntry.ContentKey(new NewTask(record.Prompt!, [.. record.Completions.Select(c => new NewCompletion(c.Content))]));

    /// <summary>What the database itself does not check.</summary>
    private void Check(TaskRecord record)
    {
        if (record.Kind == TaskKind.Repeat)
            throw new UserError("a labeling task cannot be of kind repeat");
        if (record.Completions.Count == 0)
            throw new UserError("a labeling task needs at least one completion");
        if (record.Overlap < 1)
            throw new UserError($"overlap must be 1 or more; got {record.Overlap}");
        if (record.Completions.FirstOrDefault(c => !IsJsonObject(c.Sampling)) is { } broken)
            throw new UserError($"sampling of completion {broken.Id} is not a JSON object");
        string[] texts = [.. record.Completions.Select(c => ContentJson.AllText(c.Content))];
        foreach (var assignment in record.Assignments)
        {
            if (assignment.Version is { } shown)
                _ = versions[shown];
            if (assignment.OrderShown is { } order && !order.Order().SequenceEqual(Enumerable.Range(0, texts.Length)))
                throw new UserError($"orderShown of assignment {assignment.Id} is no order of {texts.Length} completions");
            if (!annotators.ContainsKey(assignment.Annotator))
                throw new UserError($"annotator {assignment.Annotator} is not named in the first line");
            if (assignment.State == AssignmentState.Submitted != assignment.Annotations.Count > 0)
                throw new UserError($"assignment {assignment.Id} is {assignment.State.ToString().ToLowerInvariant()} with "
                    + $"{assignment.Annotations.Count} annotations");
            foreach (var annotation in assignment.Annotations)
            {
                AnswerRules.Check(annotation.Answers,
                    [.. versions[annotation.Version].Questions.Select(q => q with { Required = false, StrengthRequired = false })], texts);
            }
        }
        if ((record.Reviews ?? []).FirstOrDefault(r => !annotators.ContainsKey(r.Reviewer)) is { } stranger)
            throw new UserError($"reviewer {stranger.Reviewer} is not named in the first line");
    }

    private static bool IsJsonObject(string? text)
    {
        try
        {
            using var json = JsonDocument.Parse(text ?? "{}");
            return json.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private LabelingTask AddTask(TaskRecord record, Func<Guid, Guid> id)
    {
        var task = new LabelingTask
        {
            Id = id(record.Id),
            ProjectId = project,
            Kind = record.Kind,
            Position = KeepPositions ? record.Position : ++_position,
            Context = record.Prompt,
            ContentKey = Key(record),
            SplitGroup = record.SplitGroup,
            Overlap = record.Overlap,
            Open = record.Kind == TaskKind.Normal,
            RunId = record.Run,
            PipelineRunId = record.PipelineRun,
            ParentCompletionId = record.ParentCompletion,
            Created = record.Created,
        };
        task.Completions.AddRange(record.Completions.Select((completion, index) => Completion(completion, index, id)));
        db.Tasks.Add(task);
        if (record.Gold is { } gold)
        {
            db.GoldAnswers.Add(new GoldAnswer
            {
                TaskId = task.Id,
                Answers = gold.Answers,
                Explanation = gold.Explanation,
                Created = gold.Created,
            });
        }
        return task;
    }

    private Completion Completion(CompletionRecord record, int index, Func<Guid, Guid> id)
    {
        bool here = record.Checkpoint is null || _checkpoints.Contains(record.Checkpoint.Value);
        return new Completion
        {
            Id = id(record.Id),
            Index = index,
            Content = record.Content,
            Context = record.Context,
            CheckpointId = here ? record.Checkpoint : null,
            SamplingSettings = here ? record.Sampling : ForeignCheckpoint.Write(record.Checkpoint!.Value, record.Sampling),
            Golds = [.. (record.GoldScores ?? []).Select(gold => new CompletionGold { GoldReward = gold.Key, Score = gold.Value })],
            Tokens = record.Ids is null ? null : new CompletionTokens { Ids = [.. record.Ids], LogProbs = [.. record.LogProbs ?? []] },
        };
    }

    /// <summary>Whether somebody's answers may be kept: an annotator who was erased here stays erased.</summary>
    private async Task<bool> AnnotatorAsync(Guid id, CancellationToken cancellation)
    {
        if (_annotators.TryGetValue(id, out bool known))
            return known;
        var record = annotators[id];
        var found = await db.Annotators.AsNoTracking().FirstOrDefaultAsync(a => a.Id == id, cancellation);
        if (found is not null && found.IsSimulated != record.Simulated)
            throw new UserError($"annotator {id} is {(found.IsSimulated ? "" : "not ")}simulated here, and the file says otherwise");
        if (found is null)
        {
            db.Annotators.Add(new Annotator
            {
                Id = id,
                IsSimulated = record.Simulated,
                Description = record.Description ?? "",
                Created = now,
            });
        }
        if (record.Excluded is { } reason && !await db.Members.AnyAsync(m => m.ProjectId == project && m.AnnotatorId == id, cancellation))
        {
            db.Members.Add(new ProjectMember
            {
                ProjectId = project,
                AnnotatorId = id,
                State = MemberState.Excluded,
                Reason = reason,
                StateChanged = now,
                Joined = now,
            });
            db.Exclusions.Add(new Exclusion { ProjectId = project, AnnotatorId = id, Reason = reason, Created = now });
        }
        await db.SaveChangesAsync(cancellation);
        return _annotators[id] = found?.Erased is null;
    }

    /// <summary>The seats that are taken, as the rules of labeling count them.</summary>
    private async Task CountAsync(LabelingTask task, CancellationToken cancellation)
    {
        await db.SaveChangesAsync(cancellation);
        if (task.Kind != TaskKind.Normal)
            return;
        var counting = db.Annotations.Where(a => a.TaskId == task.Id && a.Latest && a.Kind == TaskKind.Normal && a.Erased == null);
        task.Answered = await counting.CountAsync(a => !db.Members.Any(m => m.ProjectId == project && m.AnnotatorId == a.AnnotatorId
            && m.State == MemberState.Excluded), cancellation);
        task.Open = task.Answered < (task.Overlap ?? _overlap);
        await db.SaveChangesAsync(cancellation);
    }
}
