using Rlhf.Core.Content;

namespace Rlhf.Storage.Entities;

/// <summary>What annotators are asked: guidelines and questions, in versions that never change.</summary>
public sealed class LabelingProject
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Name { get; set; }

    /// <summary>How many annotators each task wants, unless the task says otherwise.</summary>
    public int Overlap { get; set; } = 1;

    public DateTimeOffset Created { get; init; }

    public List<LabelingProjectVersion> Versions { get; init; } = [];
}

/// <summary>One version of a project's guidelines and questions; an annotation names the version that it answered.</summary>
public sealed class LabelingProjectVersion
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid ProjectId { get; init; }

    public int Number { get; init; } = 1;

    /// <summary>Markdown.</summary>
    public string Guidelines { get; init; } = "";

    public required IReadOnlyList<Question> Questions { get; init; }

    public DateTimeOffset Created { get; init; }
}

/// <summary>A prompt (the shared context) with the completions to judge.</summary>
public sealed class LabelingTask
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid ProjectId { get; init; }

    /// <summary>The place in the project's order.</summary>
    public long Position { get; init; }

    /// <summary>The prompt, as messages; null where each completion has a context of its own.</summary>
    public IReadOnlyList<Message>? Context { get; init; }

    /// <summary>SHA-256 of the content that makes the task this one, so that the same content is entered once.</summary>
    public required string ContentKey { get; init; }

    /// <summary>How many annotators this task wants; null takes the project's number.</summary>
    public int? Overlap { get; set; }

    /// <summary>How many have answered. Kept by the rules of labeling.</summary>
    public int Answered { get; set; }

    /// <summary>Whether fewer have answered than are wanted. Kept by the rules of labeling.</summary>
    public bool Open { get; set; } = true;

    /// <summary>The run that sampled the completions.</summary>
    public Guid? RunId { get; init; }

    public DateTimeOffset Created { get; init; }

    public List<Completion> Completions { get; init; } = [];
}

/// <summary>One completion of a task.</summary>
public sealed class Completion
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid TaskId { get; init; }

    /// <summary>The place in the task, from 0; rankings speak of it.</summary>
    public int Index { get; init; }

    public required IReadOnlyList<Message> Content { get; init; }

    /// <summary>A context of its own, where the task has none.</summary>
    public IReadOnlyList<Message>? Context { get; init; }

    /// <summary>The policy that made it.</summary>
    public Guid? CheckpointId { get; init; }

    /// <summary>The sampling settings that made it, as JSON.</summary>
    public string? Sampling { get; init; }

    public CompletionTokens? Tokens { get; init; }
}

/// <summary>Token ids and log-probabilities of a completion, as little-endian int32 and float32.</summary>
public sealed class CompletionTokens
{
    public Guid CompletionId { get; init; }

    public required int[] Ids { get; init; }

    public required float[] LogProbs { get; init; }
}

/// <summary>
/// Someone who judges. The id is random (not in order of time): nothing of the person is in it; an account points here, never
/// the reverse. That an annotator is simulated is said when the row is made and can never be changed.
/// </summary>
public sealed class Annotator
{
    public Guid Id { get; init; } = Guid.NewGuid();

    public bool IsSimulated { get; init; }

    /// <summary>What kind of annotator it is: for a simulated one its gold reward and error rates, for an import its source.</summary>
    public string Description { get; init; } = "";

    public DateTimeOffset Created { get; init; }
}

public enum AssignmentState
{
    Leased,
    Submitted,
    Skipped,
}

/// <summary>A lease: one annotator's seat at one task, until it is answered, skipped or runs out.</summary>
public sealed class Assignment
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid TaskId { get; init; }

    public Guid AnnotatorId { get; init; }

    public AssignmentState State { get; set; }

    public DateTimeOffset Leased { get; set; }

    /// <summary>When the lease runs out; afterwards the seat is anyone's.</summary>
    public DateTimeOffset Expires { get; set; }

    public DateTimeOffset? Closed { get; set; }

    public string? SkipReason { get; set; }
}

/// <summary>One revision of an annotator's answers to a task. Never overwritten: a correction is the next revision.</summary>
public sealed class Annotation
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid AssignmentId { get; init; }

    public Guid TaskId { get; init; }

    public Guid AnnotatorId { get; init; }

    public Guid ProjectVersionId { get; init; }

    /// <summary>1, 2, 3 …</summary>
    public int Revision { get; init; } = 1;

    /// <summary>Whether this is the newest revision.</summary>
    public bool Latest { get; set; } = true;

    public required Answers Answers { get; init; }

    /// <summary>The order in which the completions were shown: indices into the task; null as stored.</summary>
    public IReadOnlyList<int>? OrderShown { get; init; }

    public double? Seconds { get; init; }

    /// <summary>Whether a simulated annotator gave it; the database refuses anything else than what the annotator is.</summary>
    public bool IsSimulated { get; init; }

    public DateTimeOffset Created { get; init; }
}
