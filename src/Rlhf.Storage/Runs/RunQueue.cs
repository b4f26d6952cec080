using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Runs;

/// <summary>
/// The rules of runs: queued, leased by one executor at a time, kept by heartbeats, ended once. Every method is one step
/// inside a transaction of <see cref="RlhfDatabase.WriteAsync{T}"/>, so that a caller can write its outbox messages in the same one.
/// </summary>
public sealed class RunQueue(RlhfDbContext db, TimeProvider? clock = null)
{
    /// <summary>A run that ends its hub each time it starts is given up, however that comes.</summary>
    private const int MaxAttempts = 100;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Queues a run. False where a run of this id is there already: the command that asked for it came twice.</summary>
    public async Task<bool> EnqueueAsync(Run run)
    {
        if (await db.Runs.AnyAsync(r => r.Id == run.Id))
            return false;
        db.Runs.Add(run);
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>
    /// The oldest queued run (of the kinds asked for), leased; null where none waits. Asking again
    /// with the same lease id gives the same run.
    /// </summary>
    public async Task<Run?> LeaseAsync(Guid leaseId, string executor, TimeSpan lease, IReadOnlyCollection<string>? kinds = null)
    {
        var now = _clock.GetUtcNow();
        var run = await db.Runs.FirstOrDefaultAsync(r => r.LeaseId == leaseId && r.State == RunState.Running);
        if (run is null)
        {
            run = await db.Runs.Where(r => r.State == RunState.Queued && (kinds == null || kinds.Contains(r.Kind))).OrderBy(r => r.Created)
                .ThenBy(r => r.Id).FirstOrDefaultAsync();
            if (run is null)
                return null;
            run.State = RunState.Running;
            run.LeaseId = leaseId;
            run.Executor = executor;
            run.Attempt++;
            run.Started ??= now;
        }
        run.Heartbeat = now;
        run.LeaseExpires = now + lease;
        await db.SaveChangesAsync();
        return run;
    }

    /// <summary>A heartbeat: extends the lease. False where the run is no longer held under this lease.</summary>
    public async Task<bool> RenewAsync(Guid runId, Guid leaseId, TimeSpan lease)
    {
        if (await HeldAsync(runId, leaseId) is not { } run)
            return false;
        run.Heartbeat = _clock.GetUtcNow();
        run.LeaseExpires = run.Heartbeat + lease;
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>
    /// Ends a run as succeeded. False where the run is no longer held under this lease, so that a message twice ends it once.
    /// </summary>
    public Task<bool> SucceedAsync(Guid runId, Guid leaseId, string? result = null, long? peakBytes = null) =>
        EndAsync(runId, leaseId, run =>
        {
            run.State = RunState.Succeeded;
            run.Result = result;
            run.PeakBytes = peakBytes;
            run.SucceededAttempt = run.Attempt;
            (run.Reason, run.FailureKind) = (null, null);
        });

    /// <summary>
    /// Ends an attempt without a result. The run is queued again if a new attempt may succeed: not after the same failure twice in a
    /// row, and not more than <paramref name="maxFailures"/> times. False where it is no longer held under this lease.
    /// </summary>
    public Task<bool> FailAsync(Guid runId, Guid leaseId, string reason, FailureKind kind, bool mayRetry = false, int maxFailures = 3) =>
        EndAsync(runId, leaseId, run =>
        {
            run.Failures++;
            bool same = run.FailureKind == kind && run.Reason == reason;
            End(run, reason, again: mayRetry && !same && run.Failures < maxFailures);
            run.FailureKind = kind;
            if (run.State == RunState.Failed && kind == FailureKind.Lost)
                run.State = RunState.Lost;
        });

    /// <summary>
    /// Ends an attempt whose executor has sent no heartbeat for a whole lease. False where the
    /// lease still holds, or is another one by now.
    /// </summary>
    public async Task<bool> ExpireAsync(Guid runId, Guid leaseId, string reason, int maxFailures = 3) =>
        await HeldAsync(runId, leaseId) is { } run && run.LeaseExpires <= _clock.GetUtcNow()
        && await FailAsync(runId, leaseId, reason, FailureKind.Lost, mayRetry: true, maxFailures);

    /// <summary>
    /// Puts a run back into the queue without counting a failure: its executor was stopped. False
    /// where it is no longer held under this lease.
    /// </summary>
    public Task<bool> ReleaseAsync(Guid runId, Guid leaseId, string reason) =>
        EndAsync(runId, leaseId, run => End(run, reason, again: run.Attempt < MaxAttempts));

    /// <summary>
    /// Lets a run wait for people: its lease ends, and no executor looks at it. False where it is no longer held under this lease.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="leaseId">Its lease.</param>
    /// <param name="reason">What is waited for.</param>
    /// <param name="soFar">What is done already, as JSON.</param>
    public Task<bool> WaitAsync(Guid runId, Guid leaseId, string reason, string? soFar = null) =>
        EndAsync(runId, leaseId, run =>
        {
            (run.State, run.Reason, run.FailureKind, run.Ended) = (RunState.Waiting, reason, null, null);
            (run.LeaseId, run.LeaseExpires, run.Result) = (null, null, soFar);
        });

    /// <summary>Queues a run that waits for people: its attempt goes on. False where it does not wait any longer.</summary>
    public async Task<bool> ContinueAsync(Guid runId)
    {
        if (await db.Runs.SingleOrDefaultAsync(r => r.Id == runId && r.State == RunState.Waiting) is not { } run)
            return false;
        (run.State, run.Reason) = (RunState.Queued, null);
        // The next lease counts it again: nobody worked in between, and nothing went wrong.
        run.Attempt--;
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>Ends a queued, running or waiting run before its end. False where it has ended already.</summary>
    public async Task<bool> CancelAsync(Guid runId, string reason)
    {
        var run = await db.Runs.SingleOrDefaultAsync(r => r.Id == runId) ?? throw new UserError($"no run {runId}");
        if (run.State is not (RunState.Queued or RunState.Running or RunState.Waiting))
            return false;
        End(run, reason, again: false);
        (run.State, run.FailureKind) = (RunState.Cancelled, FailureKind.Cancelled);
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>
    /// Queues a run that failed or was cancelled once more, with its count of failures reset.
    /// False where it has succeeded or is under way.
    /// </summary>
    public async Task<bool> ResumeAsync(Guid runId)
    {
        var run = await db.Runs.SingleOrDefaultAsync(r => r.Id == runId) ?? throw new UserError($"no run {runId}");
        if (run.State is not (RunState.Failed or RunState.Cancelled or RunState.Lost))
            return false;
        (run.State, run.Reason, run.Ended, run.Failures, run.FailureKind) = (RunState.Queued, null, null, 0, null);
        await db.SaveChangesAsync();
        return true;
    }

    private async Task<bool> EndAsync(Guid runId, Guid leaseId, Action<Run> end)
    {
        if (await HeldAsync(runId, leaseId) is not { } run)
            return false;
        run.Ended = _clock.GetUtcNow();
        end(run);
        await db.SaveChangesAsync();
        return true;
    }

    private void End(Run run, string reason, bool again)
    {
        run.Reason = reason;
        run.State = again ? RunState.Queued : RunState.Failed;
        run.Ended = again ? null : _clock.GetUtcNow();
        run.LeaseId = null;
        run.LeaseExpires = null;
    }

    private Task<Run?> HeldAsync(Guid runId, Guid leaseId) =>
        db.Runs.FirstOrDefaultAsync(r => r.Id == runId && r.LeaseId == leaseId && r.State == RunState.Running);
}
