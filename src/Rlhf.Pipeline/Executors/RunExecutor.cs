using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Core;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>
/// Takes queued runs from the hub, one at a time, and follows their child processes. It works in a loop of its own: a broker
/// ends a delivery that lasts 30 minutes, so nothing is ever computed inside a consumer.
/// </summary>
public sealed class RunExecutor(IBus bus, ExecutorSettings settings, WorkSignal signal, ILogger<RunExecutor> logger) : BackgroundService
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);

    private bool _saidUnanswered;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The same lease id until an answer comes: otherwise an answer that was lost would leave a run leased to nobody.
        var lease = Guid.CreateVersion7();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await AskAsync(lease, stoppingToken) is { } leased)
                {
                    // Used up, whatever happens now: asking with it again would start the same attempt again.
                    lease = Guid.CreateVersion7();
                    await ExecuteRunAsync(leased, stoppingToken);
                    continue;
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The lease of a run, if there is one, expires, and the hub decides about it.
                logger.LogError(e, "The hub could not be reached to lease a run or to report its end");
            }
            await signal.WaitAsync(AskAgain, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A run to work on; null where none waits or no hub answers.</summary>
    private async Task<RunLeased?> AskAsync(Guid lease, CancellationToken stop)
    {
        try
        {
            var answer = await bus.CreateRequestClient<LeaseRun>(settings.AnswerTimeout)
                .GetResponse<RunLeased, NothingQueued>(new LeaseRun(lease, settings.Name), stop);
            if (_saidUnanswered)
                logger.LogWarning("The hub answers again");
            _saidUnanswered = false;
            return answer.Is(out Response<RunLeased>? leased) ? leased.Message : null;
        }
        catch (RequestException e)
        {
            // Told once. An executor inside the hub's own process is never without its hub for long.
            if (!_saidUnanswered && !ExecutorSettings.IsInsideHub(settings.Name))
            {
                _saidUnanswered = true;
                logger.LogWarning(
                    "No hub answers for home {Home} ({Reason}); hub and worker must use the same --bus and the same home folder. "
                    + "Still asking",
                    settings.Home.Root, e is RequestTimeoutException ? $"within {settings.AnswerTimeout.TotalSeconds} s" : e.Message);
            }
            return null;
        }
    }

    private async Task ExecuteRunAsync(RunLeased leased, CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        RunOutcome outcome;
        bool lost;
        await using (var heartbeat = new Heartbeat(bus, leased, stop, logger))
        {
            outcome = await RunAsync(leased, stop.Token);
            lost = heartbeat.Lost;
        }
        if (lost)
        {
            logger.LogWarning("Run {Run}: the hub has given up attempt {Attempt}, which was ended here", leased.RunId, leased.Attempt);
            return;
        }
        object end = outcome switch
        {
            RunOutcome.Completed done => new RunCompleted(leased.RunId, leased.LeaseId, done.PeakBytes),
            RunOutcome.Refused refused => Ended(refused.Message, RunEndKind.Refused),
            RunOutcome.Diverged diverged => Ended(diverged.Message, RunEndKind.Diverged),
            RunOutcome.Crashed crashed => Ended(crashed.Reason, crashed.WouldRepeat ? RunEndKind.Broken : RunEndKind.Crashed),
            _ => Ended("its executor was stopped", RunEndKind.Stopped),
        };
        await bus.Publish(end, CancellationToken.None);

        RunEnded Ended(string reason, RunEndKind kind) => new(leased.RunId, leased.LeaseId, reason, kind);
    }

    /// <summary>One attempt. Whatever goes wrong is an outcome.</summary>
    private async Task<RunOutcome> RunAsync(RunLeased leased, CancellationToken stop)
    {
        try
        {
            var attempt = new RunFolder(settings.Home.RunFolder(leased.RunId)).Attempt(leased.Attempt).Create();
            using var records = new RunRecorder(attempt);
            var progress = new ProgressPublisher(bus, leased);
            var outcome = await RunProcess.FollowAsync(attempt, settings.Command, TimeSpan.FromSeconds(leased.Seconds), line =>
            {
                if (records.Add(line))
                    progress.AddRecorded((MetricsLine)line);
                progress.Add(line);
            }, stop);
            if (outcome is RunOutcome.Completed)
            {
                // An executor that is killed before this line leaves an attempt without a result: one with a result has all its metrics.
                records.Flush();
                attempt.AcceptResult();
            }
            // The same failure has the same reason in every attempt.
            return outcome is RunOutcome.Crashed crashed
                ? crashed with { Reason = crashed.Reason.Replace(attempt.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal) }
                : outcome;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            logger.LogError(e, "Run {Run}: attempt {Attempt} could not be followed", leased.RunId, leased.Attempt);
            return new RunOutcome.Crashed(e is IOException or UnauthorizedAccessException or UserError
                ? e.Message
                : $"{e.GetType().Name}: {e.Message}");
        }
    }
}
