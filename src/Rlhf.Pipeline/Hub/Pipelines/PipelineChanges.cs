using MassTransit;
using Microsoft.Extensions.Hosting;
using Rlhf.Contracts;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>
/// Turns changes of pipeline runs by people (start, resume, cancel) into messages at once. A change that is missed here is found by
/// <see cref="PipelineRecovery"/>, or by an executor at its next heartbeat.
/// </summary>
public sealed class PipelineChanges(ChangeFeed changes, PipelineRuns runs, IBus bus) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in changes.SubscribeAsync(null, stoppingToken))
        {
            if (change is not { Type: ChangeTypes.PipelineState, PipelineRunId: { } id })
                continue;
            var status = await runs.GetAsync(id, stoppingToken);
            if (status.State == RunState.Running)
                await bus.Publish(StartMessage(status), stoppingToken);
            else if (status.State == RunState.Cancelled)
                await bus.Publish(new PipelineCancelled(id), stoppingToken);
        }
    }

    private static StartPipeline StartMessage(PipelineStatus status)
    {
        var pipeline = PipelineFile.FromJson(status.Definition!, StageTable.Catalog.Options, $"pipeline run {status.Id}");
        return new StartPipeline(status.Id, [.. pipeline.Stages.Select(s => s.Kind)]);
    }
}
