using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Watch;

/// <summary>
/// Says when a run has waited for a worker for five seconds, and again every minute: in the log, and to those who follow the run.
/// </summary>
public sealed class WorkerWatch(
    Home home, RlhfDatabase database, ChangeFeed changes, TimeProvider clock, ILogger<WorkerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    private readonly string[] _kinds = [.. StageTable.All.Where(s => s.HubWork is null).Select(s => s.Kind)];
    private readonly RepeatedFault _fault = new(logger, clock);
    private Guid? _waiting;
    private DateTimeOffset _since;
    private DateTimeOffset _told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _fault.Log(e, "Runs that wait for a worker could not be looked at");
            }
        }
    }

    internal async Task LookAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var first = await FirstQueuedAsync(stop);
        if (first?.Id != _waiting)
            (_waiting, _since) = (first?.Id, now);
        if (first is null || now - _since < Patience || now - _told < Again)
            return;
        _told = now;
        string text = string.Create(CultureInfo.InvariantCulture,
            $"no worker has taken run {first.Id} ({first.Kind}) yet; "
            + $"start one on this home folder and bus: rlhf worker --bus ADDRESS --home {home.Root}");
        logger.LogWarning("{Text}", text);
        changes.Publish(new Change(ChangeTypes.HubNotice, first.PipelineRunId, first.Id, now, new JsonObject { ["text"] = text }));
    }

    /// <summary>The run that has waited longest, while no other run is being executed: a busy worker is not a missing one.</summary>
    private async Task<Run?> FirstQueuedAsync(CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        if (await context.Runs.AnyAsync(r => r.State == RunState.Running && _kinds.Contains(r.Kind), stop))
            return null;
        return await context.Runs.Where(r => r.State == RunState.Queued && _kinds.Contains(r.Kind)).OrderBy(r => r.Created)
            .FirstOrDefaultAsync(stop);
    }
}
