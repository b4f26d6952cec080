using Microsoft.EntityFrameworkCore;
using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;
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
        string[] kinds = [.. RunKinds.All.Where(kind => RunKinds.IsHubWork(kind) == hubWork)];
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
            Outbox.Add(context, StageMessages.Done(row.Kind, PipelineRunOf(row), run), clock);
        }, stop);
        outbox.Set();
    }

    /// <summary>Ends an attempt without a result: queued again where that may help and attempts are left, else failed, and said.</summary>
    public async Task FailAsync(Guid run, Guid lease, string reason, bool mayRetry, CancellationToken stop)
    {
        await database.WriteAsync(async context =>
        {
            if (await Rules(context).FailAsync(run, lease, reason, mayRetry, settings.MaxAttempts))
                PublishRunState(context, await context.Runs.SingleAsync(r => r.Id == run, stop));
        }, stop);
        outbox.Set();
    }

    /// <summary>Takes back the runs whose executors have fallen silent.</summary>
    public async Task ExpireAsync(CancellationToken stop)
    {
        int expired = await database.WriteAsync(async context =>
        {
            var silent = await Rules(context).TakeBackExpiredAsync(settings.MaxAttempts);
            foreach (var row in silent)
                PublishRunState(context, row);
            return silent.Count;
        }, stop);
        if (expired > 0)
            outbox.Set();
    }

    private void PublishRunState(RlhfDbContext context, Run row) => Outbox.Add(context,
        row.State == RunState.Queued ? new RunQueued(row.Id) : new RunFailed(PipelineRunOf(row), row.Id, row.Reason ?? "no reason was given"), clock);

    private static Guid PipelineRunOf(Run row) => row.PipelineRunId ?? Guid.Empty;

    private RunQueue Rules(RlhfDbContext context) => new(context, clock);
}
