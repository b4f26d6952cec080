using Rlhf.Core.Content;

namespace Rlhf.Storage.Labeling;

/// <summary>A completion as an annotator sees it: its index in the task and its content, nothing of where it came from.</summary>
public sealed record PresentedCompletion(int Index, IReadOnlyList<Message> Content, IReadOnlyList<Message>? Context);

/// <summary>A task in an annotator's hands until <paramref name="Expires"/>.</summary>
public sealed record LeasedTask(Guid AssignmentId, Guid TaskId, IReadOnlyList<Message>? Context, IReadOnlyList<PresentedCompletion> Completions, DateTimeOffset Expires);

/// <summary>What became of a submission.</summary>
/// <param name="Added">False where the same submission was there already.</param>
public sealed record AnnotationReceipt(Guid AnnotationId, int Revision, bool Added);

/// <summary>A submission's circumstances.</summary>
/// <param name="OrderShown">Indices of the completions in the order shown; null as stored.</param>
/// <param name="Seconds">Time taken.</param>
public sealed record AnnotationContext(IReadOnlyList<int>? OrderShown = null, double? Seconds = null);

/// <summary>A task to be made.</summary>
/// <param name="Context">The prompt.</param>
/// <param name="Completions">Its completions, in the order that rankings will index.</param>
/// <param name="ContentKey">What makes it this task; null takes the hash of prompt and completions. The same key twice in a project makes one task.</param>
public sealed record NewTask(IReadOnlyList<Message> Context, IReadOnlyList<NewCompletion> Completions, int? Overlap = null, string? ContentKey = null);

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

/// <summary>How far a project is.</summary>
public sealed record LabelingProgress(int Tasks, int Complete, int Annotations, int Wanted);
