using Rlhf.Core.Content;

namespace Rlhf.Storage.Entities;

/// <summary>Why a task is asked.</summary>
public enum TaskKind
{
    Normal,

    /// <summary>The right answer is known; everyone may get it.</summary>
    Gold,

    /// <summary>The right answer is known; asked before anything else.</summary>
    Qualification,

    /// <summary>Asked a second time of the same person. Of an assignment and its annotations, never of a task.</summary>
    Repeat,
}

/// <summary>A prompt (the shared context) with the completions to judge.</summary>
public sealed class LabelingTask
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid ProjectId { get; init; }

    public TaskKind Kind { get; init; }

    /// <summary>The place in the project's order.</summary>
    public long Position { get; init; }

    /// <summary>The prompt, as messages (a conversation has several); null where each completion has a context of its own.</summary>
    public IReadOnlyList<Message>? Context { get; init; }

    /// <summary>SHA-256 of the content that makes the task this one, so that the same content is entered once.</summary>
    public required string ContentKey { get; init; }

    /// <summary>What keeps tasks on one side of the held-out split where that is not the prompt.</summary>
    public string? SplitGroup { get; init; }

    /// <summary>How many annotators this task wants; null takes the project's number.</summary>
    public int? Overlap { get; set; }

    /// <summary>How many have answered. Kept by the rules of labeling.</summary>
    public int Answered { get; set; }

    /// <summary>
    /// Whether fewer have answered than are wanted; never for gold and qualification tasks. Kept by the rules of labeling.
    /// </summary>
    public bool Open { get; set; } = true;

    /// <summary>The run that sampled the completions.</summary>
    public Guid? RunId { get; init; }

    /// <summary>The pipeline run that it belongs to.</summary>
    public Guid? PipelineRunId { get; init; }

    /// <summary>The completion that this conversation continues.</summary>
    public Guid? ParentCompletionId { get; init; }

    /// <summary>When its content was erased.</summary>
    public DateTimeOffset? Erased { get; init; }

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
    public string? SamplingSettings { get; init; }

    public CompletionTokens? Tokens { get; init; }

    public List<CompletionGold> Golds { get; init; } = [];
}

/// <summary>Token ids and log-probabilities of a completion, as little-endian int32 and float32.</summary>
public sealed class CompletionTokens
{
    public Guid CompletionId { get; init; }

    public required int[] Ids { get; init; }

    public required float[] LogProbs { get; init; }
}

/// <summary>A gold reward's score of a completion.</summary>
public sealed class CompletionGold
{
    public Guid CompletionId { get; init; }

    /// <summary>The name of the gold reward.</summary>
    public required string GoldReward { get; init; }

    public double Score { get; init; }
}

/// <summary>
/// The right answers to a gold or qualification task. In a table of its own, so that no query that shows a task can show them.
/// </summary>
public sealed class GoldAnswer
{
    public Guid TaskId { get; init; }

    public required Answers Answers { get; set; }

    /// <summary>Shown to an annotator of a qualification task afterwards.</summary>
    public string? Explanation { get; set; }

    public DateTimeOffset Created { get; init; }
}
