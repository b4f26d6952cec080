using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>
/// Turns changes of pipeline runs by people (start, resume, cancel) into messages at once. A change that is missed here is found by
/// <see cref="PipelineRecovery"/>, or by an executor at its next heartbeat.
/// </summary>
public sealed class PipelineChanges(
    ChangeFeed changes, PipelineRuns runs, PipelineStarter starter, IBus bus, TimeProvider clock, ILogger<PipelineChanges> logger)
    : BackgroundService
{
    private readonly RepeatedFault _fault = new(logger, clock);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in changes.SubscribeAsync(null, stoppingToken))
        {
            if (change is not { Type: ChangeTypes.PipelineState, PipelineRunId: { } id })
                continue;
            try
            {
                await PassOnAsync(id, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _fault.Log(e, $"A change of pipeline run {id} could not be passed on");
            }
        }
    }

    private async Task PassOnAsync(Guid id, CancellationToken stop)
    {
        var status = await runs.GetAsync(id, stop);
        if (status.State == RunState.Running)
            await starter.StartAsync(id, status.Definition!, stop);
        else if (status.State == RunState.Cancelled)
            await bus.Publish(new PipelineCancelled(id), stop);
    }
}
