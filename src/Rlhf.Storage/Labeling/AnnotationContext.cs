using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>A completion as an annotator sees it: its index in the task and its content, nothing of where it came from.</summary>
public sealed record PresentedCompletion(int Index, IReadOnlyList<Message> Content, IReadOnlyList<Message>? Context);

/// <summary>
/// A task that an annotator holds until <paramref name="Expires"/>. What kind of task it is cannot be seen.
/// </summary>
/// <param name="AssignmentId">What a submission names.</param>
/// <param name="TaskId">The task.</param>
/// <param name="ProjectVersionId">The version of questions and guidelines to show, fixed when the lease was given.</param>
/// <param name="Context">The prompt.</param>
/// <param name="Completions">The completions in the order to show, drawn when the lease was given.</param>
/// <param name="Expires">When the lease expires.</param>
public sealed record LeasedTask(
    Guid AssignmentId, Guid TaskId, Guid ProjectVersionId, IReadOnlyList<Message>? Context, IReadOnlyList<PresentedCompletion> Completions,
    DateTimeOffset Expires)
{
    /// <summary>The number of that version.</summary>
    public int Version { get; init; }

    /// <summary>What the annotator has saved so far.</summary>
    public Draft? Draft { get; init; }
}

/// <summary>An assignment of an annotator, open or closed.</summary>
/// <param name="ProjectId">The project of the task.</param>
/// <param name="State">Whether it is still to be answered.</param>
/// <param name="Task">What was shown.</param>
public sealed record AssignedTask(Guid ProjectId, AssignmentState State, LeasedTask Task);

/// <summary>Why there is no task for somebody now.</summary>
public enum WaitReason
{
    /// <summary>The project has no tasks yet.</summary>
    Empty,

    /// <summary>The project needs no further answers.</summary>
    Complete,

    /// <summary>This person has answered or skipped every task that is still open.</summary>
    AllDone,

    /// <summary>Every seat of the tasks left for this person is taken by others.</summary>
    SeatsTaken,

    /// <summary>The qualification tasks in hand must be answered first.</summary>
    Qualification,

    /// <summary>The project is closed: what is in hand may be answered, nothing more is given.</summary>
    Closed,
}

/// <summary>Why there is no further task, and when one may come.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Until">When the next lease of somebody else expires, for <see cref="WaitReason.SeatsTaken"/>.</param>
public sealed record Waiting(WaitReason Reason, DateTimeOffset? Until = null)
{
    /// <summary>The same for a person to read.</summary>
    public string Message => Reason switch
    {
        WaitReason.Empty => "this project has no tasks yet",
        WaitReason.Complete => "this project is complete: every task has all the answers that it needs",
        WaitReason.AllDone => "you have done every task that is open in this project",
        WaitReason.Closed => "this project is closed; what you have in hand is still taken",
        WaitReason.SeatsTaken => $"all seats are taken; the next may come free at {Until:HH:mm} UTC",
        _ => "answer the qualification tasks first; the others come when you have passed",
    };
}

/// <summary>What an annotator holds, oldest lease first, and why it is less than was asked for.</summary>
/// <param name="Tasks">The tasks in hand.</param>
/// <param name="Waiting">Null where as many tasks as were asked for are in hand.</param>
public sealed record LeaseOutcome(IReadOnlyList<LeasedTask> Tasks, Waiting? Waiting);

/// <summary>What became of a submission.</summary>
/// <param name="Added">False where the same submission was there already.</param>
/// <param name="ProjectId">The project of the task.</param>
/// <param name="TaskId">The task that was answered.</param>
public sealed record AnnotationReceipt(Guid AnnotationId, int Revision, bool Added, Guid ProjectId, Guid TaskId)
{
    /// <summary>What the annotator learns from it; null but for qualification tasks.</summary>
    public QualificationFeedback? Qualification { get; init; }
}

/// <summary>What is said to the annotator after a qualification task.</summary>
/// <param name="Correct">Whether the answer was the expected one.</param>
/// <param name="Explanation">Why that is the expected one, in Markdown; null where the task has no explanation.</param>
/// <param name="Try">How the try ended; null where tasks of it are left, and where the answer was sent again.</param>
public sealed record QualificationFeedback(bool Correct, string? Explanation, QualificationTry? Try = null);

/// <summary>How a try at the qualification ended.</summary>
/// <param name="Passed">Whether they may label now.</param>
/// <param name="Right">How many answers were right.</param>
/// <param name="Tasks">Of how many.</param>
/// <param name="PassMark">The share of right answers that is needed, 0 … 1.</param>
/// <param name="TriesLeft">How often they may try again.</param>
public sealed record QualificationTry(bool Passed, int Right, int Tasks, double PassMark, int TriesLeft);

/// <summary>A submission's circumstances, as the client measured them. Neither can be longer than the lease has lasted.</summary>
/// <param name="Seconds">Time taken.</param>
/// <param name="ActiveSeconds">The part of it with input, reading included.</param>
public sealed record AnnotationContext(double? Seconds = null, double? ActiveSeconds = null)
{
    /// <summary>
    /// A name that the client draws for a submission and repeats when it sends it again: the same name with other answers is refused.
    /// </summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>A task to be made.</summary>
/// <param name="Context">The prompt.</param>
/// <param name="Completions">Its completions, in the order that rankings will index.</param>
/// <param name="ContentKey">
/// What makes it this task; null takes the hash of prompt and completions. The same key twice in a project makes one task.
/// </param>
public sealed record NewTask(
    IReadOnlyList<Message> Context, IReadOnlyList<NewCompletion> Completions, int? Overlap = null, string? ContentKey = null)
{
    /// <summary>Gold and qualification tasks need <see cref="Gold"/>; there are no tasks of kind repeat.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>The right answers.</summary>
    public Answers? Gold { get; init; }

    /// <summary>Why they are right: shown after a qualification task.</summary>
    public string? Explanation { get; init; }

    /// <inheritdoc cref="LabelingTask.SplitGroup"/>
    public string? SplitGroup { get; init; }

    /// <inheritdoc cref="LabelingTask.PipelineRunId"/>
    public Guid? PipelineRunId { get; init; }

    /// <inheritdoc cref="LabelingTask.ParentCompletionId"/>
    public Guid? ParentCompletionId { get; init; }
}

/// <summary>A completion of a task to be made.</summary>
public sealed record NewCompletion(IReadOnlyList<Message> Content)
{
    public Guid? CheckpointId { get; init; }

    public string? SamplingSettings { get; init; }

    public int[]? TokenIds { get; init; }

    public float[]? LogProbs { get; init; }

    /// <summary>Scores by the name of the gold reward.</summary>
    public IReadOnlyDictionary<string, double> Golds { get; init; } = new Dictionary<string, double>();

    /// <summary>A completion of one text.</summary>
    public static NewCompletion FromText(string text) => new([Message.FromText(Message.Assistant, text)]);
}

/// <summary>How far a project is; normal tasks only.</summary>
public sealed record LabelingProgress(int Tasks, int Complete, int Annotations, int Wanted)
{
    internal static LabelingProgress Create(ProjectCounts counts, int overlap) => new(
        counts.Tasks, counts.Complete, counts.Answered, counts.OwnOverlap + (counts.Tasks - counts.OwnOverlapTasks) * overlap);
}
