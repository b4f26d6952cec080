using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Contracts;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Leases;

/// <summary>
/// State changes of runs together with their messages: each step is one transaction with its outbox messages, and idempotent.
/// </summary>
public sealed class RunLedger(RlhfDatabase database, HubSettings settings, OutboxSignal outbox, ChangeFeed changes, TimeProvider clock)
{
    private TimeSpan Lease => TimeSpan.FromSeconds(settings.LeaseSeconds);

    /// <summary>Enters a planned run and says so, unless it is there already.</summary>
    public async Task EnqueueAsync(RunManifest manifest, Guid pipelineRun, int position, CancellationToken stop)
    {
        var run = new Run
        {
            Id = manifest.Id,
            PipelineRunId = pipelineRun,
            Kind = manifest.Kind,
            State = RunState.Queued,
            Options = manifest.Options.ToJsonString(),
            DatasetVersionId = manifest.DatasetVersion,
            Created = clock.GetUtcNow(),
        };
        await database.WriteAsync(async context =>
        {
            // Planning takes a while: the pipeline run may have been cancelled meanwhile.
            if (!await context.PipelineRuns.AnyAsync(p => p.Id == pipelineRun && p.State == RunState.Running, stop)
                || !await Rules(context).EnqueueAsync(run))
                return;
            await context.PipelineRuns.Where(p => p.Id == pipelineRun)
                .ExecuteUpdateAsync(set => set.SetProperty(p => p.Stage, position), stop);
            Outbox.Add(context, new RunQueued(run.Id), clock);
        }, stop);
        PublishChange(run);
        outbox.Set();
    }

    /// <summary>
    /// The oldest queued run, now held under <paramref name="lease"/>; the same one when asked again; null when none waits.
    /// </summary>
    /// <param name="hubWork">Whether the hub's own work is asked for, or what executors do.</param>
    public async Task<Run?> LeaseAsync(Guid lease, string executor, bool hubWork, CancellationToken stop)
    {
        string[] kinds = [.. StageTable.All.Where(stage => stage.HubWork is not null == hubWork).Select(stage => stage.Kind)];
        var run = await database.WriteAsync(context => Rules(context).LeaseAsync(lease, executor, Lease, kinds), stop);
        if (run is not null)
            PublishChange(run);
        return run;
    }

    /// <summary>False when the run is no longer held under this lease.</summary>
    public Task<bool> RenewAsync(Guid run, Guid lease, CancellationToken stop) =>
        database.WriteAsync(context => Rules(context).RenewAsync(run, lease, Lease), stop);

    /// <summary>Ends a run with its result, in one transaction with what <paramref name="also"/> writes and with its event.</summary>
    public async Task SucceedAsync(
        Guid run, Guid lease, long peakBytes, string result, Func<RlhfDbContext, Run, Task> also, CancellationToken stop)
    {
        var ended = await database.WriteAsync(async context =>
        {
            if (!await Rules(context).SucceedAsync(run, lease, result, peakBytes))
                return null;
            var row = await context.Runs.SingleAsync(r => r.Id == run, stop);
            await also(context, row);
            Outbox.Add(context, new StageCompleted(PipelineRunOf(row), run, row.Kind), clock);
            return row;
        }, stop);
        if (ended is not null)
            PublishChange(ended);
        outbox.Set();
    }

    /// <summary>Ends an attempt without a result: queued again where that may help and attempts are left, else failed, and said.</summary>
    public async Task FailAsync(Guid run, Guid lease, string reason, FailureKind kind, bool mayRetry, CancellationToken stop)
    {
        await EndAttemptAsync(run, rules => rules.FailAsync(run, lease, reason, kind, mayRetry, settings.MaxFailures), stop);
    }

    /// <summary>
    /// Ends an attempt whose lease has run out. Not one whose lease was renewed meanwhile, nor where the database was locked for
    /// long: then renewals waited as this did, and <see cref="LeaseWatch"/> finds the run again if none comes.
    /// </summary>
    public async Task ExpireAsync(Guid run, Guid lease, string reason, CancellationToken stop)
    {
        var asked = clock.GetUtcNow();
        await EndAttemptAsync(run, async rules =>
            clock.GetUtcNow() - asked < Lease / 4 && await rules.ExpireAsync(run, lease, reason, settings.MaxFailures), stop);
    }

    /// <summary>Gives a run back to the queue: its executor ended, and nothing was wrong with the run.</summary>
    public async Task ReleaseAsync(Guid run, Guid lease, string reason, CancellationToken stop)
    {
        await EndAttemptAsync(run, rules => rules.ReleaseAsync(run, lease, reason), stop);
    }

    /// <summary>Lets a run, and its pipeline run with it, wait for people: nothing holds it until <see cref="ContinueAsync"/>.</summary>
    /// <param name="run">The run.</param>
    /// <param name="lease">Its lease.</param>
    /// <param name="reason">What is waited for.</param>
    /// <param name="soFar">What is done already, as JSON.</param>
    /// <param name="stop">Ends the wait for the database.</param>
    public Task WaitAsync(Guid run, Guid lease, string reason, string soFar, CancellationToken stop) =>
        MoveAsync(run, rules => rules.WaitAsync(run, lease, reason, soFar), RunState.Running, RunState.Waiting, stop);

    /// <summary>Queues a run that has waited for people. The same again changes nothing.</summary>
    public Task ContinueAsync(Guid run, CancellationToken stop) =>
        MoveAsync(run, rules => rules.ContinueAsync(run), RunState.Waiting, RunState.Running, stop);

    /// <summary>The runs whose lease has run out.</summary>
    public async Task<IReadOnlyList<Run>> ExpiredAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        await using var context = database.OpenReadContext();
        return await context.Runs.Where(r => r.State == RunState.Running && r.LeaseExpires <= now).OrderBy(r => r.Created)
            .ToListAsync(stop);
    }

    /// <summary>Every lease lasts a whole lease from now.</summary>
    public Task ExtendLeasesAsync(CancellationToken stop)
    {
        DateTimeOffset? expires = clock.GetUtcNow() + Lease;
        return database.WriteAsync(context => context.Runs.Where(r => r.State == RunState.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.LeaseExpires, expires), stop), stop);
    }

    private async Task MoveAsync(
        Guid run, Func<RunQueue, Task<bool>> move, RunState pipelineBefore, RunState pipelineAfter, CancellationToken stop)
    {
        var moved = await database.WriteAsync(async context =>
        {
            if (!await move(Rules(context)))
                return null;
            var row = await context.Runs.SingleAsync(r => r.Id == run, stop);
            await context.PipelineRuns.Where(p => p.Id == row.PipelineRunId && p.State == pipelineBefore)
                .ExecuteUpdateAsync(set => set.SetProperty(p => p.State, pipelineAfter), stop);
            if (row.State == RunState.Queued)
                Outbox.Add(context, new RunQueued(row.Id), clock);
            return row;
        }, stop);
        if (moved is null)
            return;
        PublishChange(moved);
        changes.Publish(new Change(ChangeTypes.PipelineState, moved.PipelineRunId, null, clock.GetUtcNow(),
            new JsonObject { ["state"] = JsonNamingPolicy.CamelCase.ConvertName(pipelineAfter.ToString()) }));
        outbox.Set();
    }

    private async Task EndAttemptAsync(Guid run, Func<RunQueue, Task<bool>> end, CancellationToken stop)
    {
        var ended = await database.WriteAsync(async context =>
        {
            if (!await end(Rules(context)))
                return null;
            var row = await context.Runs.SingleAsync(r => r.Id == run, stop);
            PublishRunState(context, row);
            return row;
        }, stop);
        if (ended is not null)
            PublishChange(ended);
        outbox.Set();
    }

    /// <summary>Published after the rows are committed, so that subscribers find them.</summary>
    private void PublishChange(Run run) =>
        changes.Publish(new Change(ChangeTypes.RunState, run.PipelineRunId, run.Id, clock.GetUtcNow(), new JsonObject
        {
            ["kind"] = run.Kind,
            ["state"] = JsonNamingPolicy.CamelCase.ConvertName(run.State.ToString()),
            ["reason"] = run.Reason,
        }));

    private void PublishRunState(RlhfDbContext context, Run row) => Outbox.Add(context,
        row.State == RunState.Queued
            ? new RunQueued(row.Id)
            : new StageFailed(PipelineRunOf(row), row.Id, row.Reason ?? "no reason was given"), clock);

    private static Guid PipelineRunOf(Run row) => row.PipelineRunId ?? Guid.Empty;

    private RunQueue Rules(RlhfDbContext context) => new(context, clock);
}
