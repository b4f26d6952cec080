using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>
/// Continues pipeline runs from their rows. When the hub starts, every unfinished pipeline run is started again: the state machine
/// walks through the stages that are done to the one that is not. Later, a pipeline run that has no run queued or running (a message
/// was lost, a consumer failed) is started once more.
/// </summary>
public sealed class PipelineRecovery(
    RlhfDatabase database, PipelineStarter starter, RunRecovery runs, TimeProvider clock, ILogger<PipelineRecovery> logger)
    : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly RepeatedFault _fault = new(logger, clock);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        bool all = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (all)
                    await runs.TakeOverAsync(stoppingToken);
                await RestartAsync(all, stoppingToken);
                all = false;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _fault.Log(e, "Unfinished pipeline runs could not be looked at");
            }
            await Task.Delay(LookAgain, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RestartAsync(bool all, CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        var unfinished = await context.PipelineRuns
            .Where(p => p.State == RunState.Running)
            .Where(p => all || !context.Runs.Any(r => r.PipelineRunId == p.Id
                && (r.State == RunState.Queued || r.State == RunState.Running)))
            .OrderBy(p => p.Created).ToListAsync(stop);
        foreach (var row in unfinished)
            await starter.StartAsync(row.Id, row.Definition, stop);
    }
}
