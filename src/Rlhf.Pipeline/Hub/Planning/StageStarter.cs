using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Planning;

/// <summary>Plans the run of a stage and queues it; says at once how it ended when it has ended already.</summary>
public sealed class StageStarter(
    RlhfDatabase database, StagePlanner planner, RunLedger ledger, OutboxSignal outbox, TimeProvider clock, ILogger<StageStarter> logger)
{
    public async Task StartAsync(Guid pipelineRun, Guid run, CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        var row = await context.PipelineRuns.SingleOrDefaultAsync(p => p.Id == pipelineRun, stop);
        if (row is null)
        {
            logger.LogWarning("A command names pipeline run {Id}, which is not in this home folder; it is ignored", pipelineRun);
            return;
        }
        if (row.State is not (RunState.Running or RunState.Waiting))
        {
            logger.LogInformation("A command for pipeline run {Id}, which has ended ({State}), starts nothing", pipelineRun, row.State);
            return;
        }
        var existing = await context.Runs.SingleOrDefaultAsync(r => r.Id == run, stop);
        if (existing is null)
            await PlanAsync(row, run, await SucceededAsync(context, pipelineRun, stop), stop);
        else if (existing.State == RunState.Succeeded)
            await PublishAsync(new StageCompleted(pipelineRun, run, existing.Kind), stop);
        else if (existing.State is RunState.Failed or RunState.Cancelled or RunState.Lost)
            await PublishAsync(new StageFailed(pipelineRun, run, existing.Reason ?? "cancelled"), stop);
    }

    private async Task PlanAsync(PipelineRun row, Guid run, IReadOnlyDictionary<Guid, int> succeeded, CancellationToken stop)
    {
        try
        {
            var pipeline = PipelineFile.FromJson(row.Definition, StageTable.Catalog.Options, $"pipeline run {row.Id}");
            int position = Enumerable.Range(0, pipeline.Stages.Count).First(i => RunIds.ForStage(row.Id, i) == run);
            var manifest = await planner.PlanAsync(pipeline, row.Id, position, succeeded, stop);
            await ledger.EnqueueAsync(manifest, row.Id, position, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Any exception: a pipeline run that is never ended would be waited for without end.
            string reason = e is UserError or IOException or UnauthorizedAccessException
                ? e.Message
                : $"unexpected {e.GetType().Name}: {e.Message}";
            await PublishAsync(new StageFailed(row.Id, run, reason), stop);
        }
    }

    private static async Task<IReadOnlyDictionary<Guid, int>> SucceededAsync(
        RlhfDbContext context, Guid pipelineRun, CancellationToken stop) =>
        await context.Runs.Where(r => r.PipelineRunId == pipelineRun && r.State == RunState.Succeeded)
            .ToDictionaryAsync(r => r.Id, r => r.Attempt, stop);

    private async Task PublishAsync(object message, CancellationToken stop)
    {
        await database.WriteAsync(context =>
        {
            Outbox.Add(context, message, clock);
            return Task.CompletedTask;
        }, stop);
        outbox.Set();
    }
}
