using Microsoft.EntityFrameworkCore;
using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub;

/// <summary>
/// The rules of runs together with the messages that tell of them: each step is one transaction with its outbox, and harmless
/// when it is repeated.
/// </summary>
public sealed class RunLedger(RlhfDatabase database, HubSettings settings, OutboxSignal outbox, TimeProvider clock)
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
            if (!await Rules(context).EnqueueAsync(run))
                return;
            await context.PipelineRuns.Where(p => p.Id == pipelineRun)
                .ExecuteUpdateAsync(set => set.SetProperty(p => p.Stage, position), stop);
            Outbox.Add(context, new RunQueued(run.Id), clock);
        }, stop);
        outbox.Set();
    }

    /// <summary>The oldest queued run, now held under <paramref name="lease"/>; the same one when asked again; null when none waits.</summary>
    /// <param name="hubWork">Whether the hub's own work is asked for, or what executors do.</param>
    public Task<Run?> LeaseAsync(Guid lease, string executor, bool hubWork, CancellationToken stop)
    {
        string[] kinds = [.. StageTable.All.Where(stage => stage.HubWork is not null == hubWork).Select(stage => stage.Kind)];
        return database.WriteAsync(context => Rules(context).LeaseAsync(lease, executor, Lease, kinds), stop);
    }

    /// <summary>False when the run is no longer held under this lease.</summary>
    public Task<bool> RenewAsync(Guid run, Guid lease, CancellationToken stop) =>
        database.WriteAsync(context => Rules(context).RenewAsync(run, lease, Lease), stop);

    /// <summary>Ends a run with its result, in one transaction with what <paramref name="also"/> writes and with its event.</summary>
    public async Task SucceedAsync(Guid run, Guid lease, long peakBytes, string result, Func<RlhfDbContext, Run, Task> also, CancellationToken stop)
    {
        await database.WriteAsync(async context =>
        {
            if (!await Rules(context).SucceedAsync(run, lease, result, peakBytes))
                return;
            var row = await context.Runs.SingleAsync(r => r.Id == run, stop);
            await also(context, row);
            Outbox.Add(context, new StageCompleted(PipelineRunOf(row), run, row.Kind), clock);
        }, stop);
        outbox.Set();
    }

    /// <summary>Ends an attempt without a result: queued again where that may help and attempts are left, else failed, and said.</summary>
    public async Task FailAsync(Guid run, Guid lease, string reason, FailureKind kind, bool mayRetry, CancellationToken stop)
    {
        await database.WriteAsync(async context =>
        {
            if (await Rules(context).FailAsync(run, lease, reason, kind, mayRetry, settings.MaxFailures))
                PublishRunState(context, await context.Runs.SingleAsync(r => r.Id == run, stop));
        }, stop);
        outbox.Set();
    }

    /// <summary>Gives a run back to the queue: its executor ended, and nothing was wrong with the run.</summary>
    public async Task ReleaseAsync(Guid run, Guid lease, string reason, CancellationToken stop)
    {
        await database.WriteAsync(async context =>
        {
            if (await Rules(context).ReleaseAsync(run, lease, reason))
                PublishRunState(context, await context.Runs.SingleAsync(r => r.Id == run, stop));
        }, stop);
        outbox.Set();
    }

    /// <summary>The runs whose lease has run out.</summary>
    public async Task<IReadOnlyList<Run>> ExpiredAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        await using var context = database.OpenReadContext();
        return await context.Runs.Where(r => r.State == RunState.Running && r.LeaseExpires <= now).OrderBy(r => r.Created).ToListAsync(stop);
    }

    /// <summary>Every lease lasts a whole lease from now.</summary>
    public Task ExtendLeasesAsync(CancellationToken stop)
    {
        DateTimeOffset? expires = clock.GetUtcNow() + Lease;
        return database.WriteAsync(context => context.Runs.Where(r => r.State == RunState.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.LeaseExpires, expires), stop), stop);
    }

    private void PublishRunState(RlhfDbContext context, Run row) => Outbox.Add(context,
        row.State == RunState.Queued ? new RunQueued(row.Id) : new StageFailed(PipelineRunOf(row), row.Id, row.Reason ?? "no reason was given"), clock);

    private static Guid PipelineRunOf(Run row) => row.PipelineRunId ?? Guid.Empty;

    private RunQueue Rules(RlhfDbContext context) => new(context, clock);
}
