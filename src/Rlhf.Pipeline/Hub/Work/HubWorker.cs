using System.Text.Json;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Core;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Hub.Results;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>Does the runs that are the hub's own work, one after another, in a loop of its own.</summary>
public sealed class HubWorker(
    Home home, RunLedger ledger, IServiceProvider services, RunResults results, IBus bus, HubWorkSignal signal, TimeProvider clock,
    ILogger<HubWorker> logger) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly RepeatedFault _fault = new(logger, clock);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await TryWorkAsync(stoppingToken))
                await signal.WaitAsync(LookAgain, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>False where nothing waits, or the database could not be asked.</summary>
    private async Task<bool> TryWorkAsync(CancellationToken stop)
    {
        try
        {
            var lease = Guid.CreateVersion7();
            if (await ledger.LeaseAsync(lease, ExecutorSettings.DefaultName(insideHub: true), hubWork: true, stop) is not { } run)
                return false;
            await WorkAsync(run, lease, stop);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _fault.Log(e, "The hub's own work could not be looked at");
            return false;
        }
    }

    private async Task WorkAsync(Run run, Guid lease, CancellationToken stop)
    {
        using var heartbeat = new Timer(_ => _ = ledger.RenewAsync(run.Id, lease, CancellationToken.None), null, TimeSpan.FromSeconds(5),
            TimeSpan.FromSeconds(5));
        try
        {
            var stage = StageTable.Get(run.Kind);
            var attempt = new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt);
            // Work that has waited for people goes on in its folder.
            attempt = run.Result is null ? attempt.Create() : attempt.Continue();
            var work = (IHubWork)services.GetRequiredService(stage.HubWork!);
            var result = await work.RunAsync(attempt, attempt.Run.Options(stage.OptionsType),
                (done, total) => _ = bus.Publish(new RunProgressed(run.PipelineRunId, run.Id, run.Kind, "ranking", done, total, 0), stop),
                stop);
            if (result is WaitForPeople wait)
            {
                await ledger.WaitAsync(run.Id, lease, wait.Reason, JsonSerializer.Serialize(wait.SoFar, RunJson.Compact), stop);
                return;
            }
            attempt.WriteResult(result);
            await results.TakeInAsync(run.Id, lease, peakBytes: 0, stop);
        }
        catch (UserError e)
        {
            await ledger.FailAsync(run.Id, lease, e.Message, FailureKind.Refused, mayRetry: false, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            logger.LogError(e, "Run {Run} ({Kind}) failed", run.Id, run.Kind);
            await ledger.FailAsync(run.Id, lease, $"{e.GetType().Name}: {e.Message}", FailureKind.Crashed, mayRetry: false, stop);
        }
    }
}

/// <summary>A run that is the hub's own work was queued.</summary>
public sealed class HubWorkSignal : Signal;
