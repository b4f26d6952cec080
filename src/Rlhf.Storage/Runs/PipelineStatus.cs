using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Runs;

/// <summary>Where a pipeline run stands, as the API and the command line tell it.</summary>
/// <param name="Definition">The resolved pipeline as JSON; null in lists.</param>
/// <param name="Command">The command that makes the same result again; null where it was started otherwise.</param>
/// <param name="Kinds">The kinds of all stages, those that have no run yet included.</param>
/// <param name="Runs">The runs in the order of the stages.</param>
public sealed record PipelineStatus(
    Guid Id, string Name, RunState State, string? Reason, DateTimeOffset Created, DateTimeOffset? Ended,
    string? Definition, string? Command, IReadOnlyList<string> Kinds, IReadOnlyList<RunStatus> Runs)
{
    /// <summary>Whether nothing more happens by itself.</summary>
    public bool HasEnded => State is RunState.Succeeded or RunState.Failed or RunState.Cancelled;
}

/// <summary>One run of a pipeline run.</summary>
public sealed record RunStatus(
    Guid Id, string Kind, RunState State, int Attempt, FailureKind? FailureKind, string? Executor, string? Reason, DateTimeOffset Created,
    DateTimeOffset? Started, DateTimeOffset? Ended, long? PeakBytes)
{
    public static RunStatus Create(Run run) =>
        new(run.Id, run.Kind, run.State, run.Attempt, run.FailureKind, run.Executor, run.Reason, run.Created, run.Started, run.Ended,
            run.PeakBytes);
}
