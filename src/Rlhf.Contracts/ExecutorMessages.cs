namespace Rlhf.Contracts;

/// <summary>A run is waiting for an executor (said to all of them; the first to ask gets it).</summary>
public sealed record RunQueued(Guid RunId);

/// <summary>An executor asks the hub for a queued run. Answered with <see cref="RunLeased"/> or <see cref="NothingQueued"/>.</summary>
public sealed record LeaseRun(Guid LeaseId, string Executor);

/// <summary>The run is the executor's until the lease runs out; it keeps it by <see cref="RenewLease"/>.</summary>
/// <remarks>No path: the executor finds the folder from its own home and the ids, so that no message can send it elsewhere.</remarks>
/// <param name="Attempt">1 for the first; the number of the folder that the attempt writes to.</param>
/// <param name="Seconds">How long the lease lasts from now.</param>
public sealed record RunLeased(Guid? PipelineRunId, Guid RunId, Guid LeaseId, string Kind, int Attempt, double Seconds);

/// <summary>No run waits.</summary>
public sealed record NothingQueued(Guid LeaseId);

/// <summary>The heartbeat of a run. Answered with <see cref="LeaseRenewed"/> or <see cref="LeaseLost"/>.</summary>
public sealed record RenewLease(Guid RunId, Guid LeaseId);

/// <summary>The lease lasts longer.</summary>
public sealed record LeaseRenewed(Guid RunId, Guid LeaseId, double Seconds);

/// <summary>The executor no longer holds the run: it ends its child process.</summary>
public sealed record LeaseLost(Guid RunId, Guid LeaseId);

/// <summary>How far a run is; <paramref name="Counted"/> says which tokens the speed counts.</summary>
public sealed record RunProgressed(
    Guid? PipelineRunId, Guid RunId, string Kind, string Phase, long Done, long Total, double TokensPerSecond, string Counted = "tokens");

/// <summary>A run has new metrics, which stand in the database of its attempt by now.</summary>
/// <param name="Values">The numbers of the step by name. Those that are not finite are left out: JSON has none.</param>
public sealed record RunMeasured(Guid? PipelineRunId, Guid RunId, string Kind, int Step, IReadOnlyDictionary<string, double> Values);

/// <summary>A run's child process ended well; its results lie in the run's folder.</summary>
public sealed record RunCompleted(Guid RunId, Guid LeaseId, long PeakBytes);

/// <summary>A run's child process ended badly.</summary>
public sealed record RunEnded(Guid RunId, Guid LeaseId, string Reason, RunEndKind Kind);

/// <summary>How a child process ended that brought no result.</summary>
public enum RunEndKind
{
    /// <summary>Its input was refused: it would be refused again.</summary>
    Refused,

    /// <summary>The training diverged: it would again.</summary>
    Diverged,

    /// <summary>It broke in a way that would come again, for example by an assertion.</summary>
    Broken,

    /// <summary>It crashed or was killed: another attempt may succeed.</summary>
    Crashed,

    /// <summary>Its executor was stopped; nothing was wrong with the run.</summary>
    Stopped,
}
