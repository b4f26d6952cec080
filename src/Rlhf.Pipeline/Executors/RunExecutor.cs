using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>
/// Takes queued runs from the hub, one at a time, and follows their child processes. It works in a loop of its own: a broker
/// ends a delivery that lasts 30 minutes, so nothing is ever computed inside a consumer.
/// </summary>
public sealed class RunExecutor(IBus bus, ExecutorSettings settings, WorkSignal signal, ILogger<RunExecutor> logger) : BackgroundService
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The same lease id until an answer comes: an answer that was lost on the way leases nothing for ever.
        var lease = Guid.CreateVersion7();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var answer = await bus.CreateRequestClient<LeaseRun>(AnswerWithin)
                    .GetResponse<RunLeased, NothingQueued>(new LeaseRun(lease, settings.Name), stoppingToken);
                if (answer.Is(out Response<RunLeased>? leased))
                {
                    await ExecuteRunAsync(leased.Message, stoppingToken);
                    lease = Guid.CreateVersion7();
                    continue;
                }
            }
            catch (RequestException e)
            {
                logger.LogInformation("No answer from the hub: {Reason}", e.Message);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The run's lease runs out, and the hub gives it to someone once more.
                logger.LogError(e, "A run could not be executed");
            }
            await signal.WaitAsync(AskAgain, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ExecuteRunAsync(RunLeased leased, CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var attempt = new RunFolder(settings.Home.RunFolder(leased.RunId)).Attempt(leased.Attempt);
        await using var heartbeat = new Heartbeat(bus, leased, stop);
        var outcome = await RunAsync(attempt, leased, stop.Token);
        if (heartbeat.Lost)
            return;
        switch (outcome)
        {
            case RunOutcome.Completed done:
                await bus.Publish(new RunCompleted(leased.RunId, leased.LeaseId, done.PeakBytes), CancellationToken.None);
                break;
            case RunOutcome.Refused refused:
                await bus.Publish(new RunEnded(leased.RunId, leased.LeaseId, refused.Message, MayRetry: false), CancellationToken.None);
                break;
            case RunOutcome.Crashed crashed:
                await bus.Publish(new RunEnded(leased.RunId, leased.LeaseId, crashed.Reason, MayRetry: true), CancellationToken.None);
                break;
            case RunOutcome.Cancelled:
                await bus.Publish(new RunEnded(leased.RunId, leased.LeaseId, "its executor was stopped", MayRetry: true), CancellationToken.None);
                break;
        }
    }

    private async Task<RunOutcome> RunAsync(AttemptFolder attempt, RunLeased leased, CancellationToken stop)
    {
        try
        {
            attempt.Create();
            using var records = new RunRecorder(attempt);
            var progress = new ProgressPublisher(bus, leased);
            return await RunProcess.FollowAsync(attempt, settings.Command, line =>
            {
                records.Add(line);
                progress.Add(line);
            }, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Core.UserError)
        {
            return new RunOutcome.Crashed(e.Message);
        }
    }
}
