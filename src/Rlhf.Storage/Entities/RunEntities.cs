namespace Rlhf.Storage.Entities;

public enum RunState
{
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,

    /// <summary>Waits for people: no lease, no process. The submission that completes it moves it on.</summary>
    Waiting,

    /// <summary>Its executor has not been heard from, and it may not be started again.</summary>
    Lost,
}

/// <summary>Why a run ended without success; decides whether another attempt makes sense.</summary>
public enum FailureKind
{
    /// <summary>Bad input: it would be refused again.</summary>
    Refused,

    /// <summary>The training diverged or a numerical check failed: it would do so again.</summary>
    Diverged,

    /// <summary>Its process ended unexpectedly.</summary>
    Crashed,

    /// <summary>No heartbeat from its executor until the lease expired.</summary>
    Lost,

    Cancelled,
}

/// <summary>One execution of one stage: a folder and a process. An executor holds it by a lease with a heartbeat.</summary>
public sealed class Run
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid? PipelineRunId { get; init; }

    /// <summary>The stage: "reward", "ppo" …</summary>
    public required string Kind { get; init; }

    public RunState State { get; set; }

    /// <summary>Why it failed, waits or was cancelled.</summary>
    public string? Reason { get; set; }

    public FailureKind? FailureKind { get; set; }

    /// <summary>The resolved options as JSON.</summary>
    public required string Options { get; init; }

    /// <summary>
    /// The result of the stage as JSON, once it succeeded; before that, what a run that waits for people has done so far.
    /// </summary>
    public string? Result { get; set; }

    /// <summary>How many times it was started: the number of the newest attempt.</summary>
    public int Attempt { get; set; }

    /// <summary>The attempt whose results count; null until one succeeded.</summary>
    public int? SucceededAttempt { get; set; }

    /// <summary>How many attempts failed by themselves; those that ended with their hub or worker do not count.</summary>
    public int Failures { get; set; }

    public Guid? LeaseId { get; set; }

    public string? Executor { get; set; }

    public DateTimeOffset? LeaseExpires { get; set; }

    public DateTimeOffset? Heartbeat { get; set; }

    /// <summary>The most resident memory of its process, bytes.</summary>
    public long? PeakBytes { get; set; }

    /// <summary>The dataset version that it trains on.</summary>
    public Guid? DatasetVersionId { get; set; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset? Started { get; set; }

    public DateTimeOffset? Ended { get; set; }
}

/// <summary>One execution of a pipeline.</summary>
public sealed class PipelineRun
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Name { get; init; }

    /// <summary>The resolved pipeline as JSON.</summary>
    public required string Definition { get; init; }

    public RunState State { get; set; }

    public string? Reason { get; set; }

    /// <summary>The stage it is at, from 0.</summary>
    public int Stage { get; set; }

    /// <summary>What the state machine remembers, as JSON.</summary>
    public string? Saga { get; set; }

    /// <summary>When somebody asked for it to be cancelled.</summary>
    public DateTimeOffset? CancelRequested { get; set; }

    /// <summary>The annotator who started it in the labeling app, by id, or who was signed in to the machine.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>The command that makes the same result again, without anything secret.</summary>
    public string? Command { get; init; }

    public IReadOnlyList<string> Tags { get; set; } = [];

    public string? Notes { get; set; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset? Ended { get; set; }
}

public enum CheckpointKind
{
    Policy,
    Reward,
    Critic,
}

/// <summary>A model folder that never changes, and what it came from.</summary>
public sealed class Checkpoint
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public CheckpointKind Kind { get; init; }

    /// <summary>The folder, relative to the home folder where it lies in it.</summary>
    public required string Path { get; init; }

    /// <summary>The hash of the folder, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The run that made it; null for a model that was brought along.</summary>
    public Guid? RunId { get; init; }

    public Guid? DatasetVersionId { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>The checkpoints that it was made from.</summary>
    public List<CheckpointParent> Parents { get; init; } = [];
}

/// <summary>That one checkpoint came from another, and as what ("policy", "reward").</summary>
public sealed class CheckpointParent
{
    public Guid CheckpointId { get; init; }

    public Guid ParentId { get; init; }

    public required string Role { get; init; }
}

/// <summary>A message to be sent, written in the transaction that gave the reason for it.</summary>
public sealed class OutboxMessage
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>The full name of the message's type.</summary>
    public required string Type { get; init; }

    /// <summary>The message as JSON.</summary>
    public required string Body { get; init; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset? Sent { get; set; }

    /// <summary>How often it was tried to send it.</summary>
    public int Attempts { get; set; }

    /// <summary>When it was given up; the messages after it are sent.</summary>
    public DateTimeOffset? Failed { get; set; }

    /// <summary>Why the last attempt failed.</summary>
    public string? Error { get; set; }
}
