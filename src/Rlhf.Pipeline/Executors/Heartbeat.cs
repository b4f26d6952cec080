using MassTransit;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Executors;

/// <summary>Keeps a lease alive, and stops the run when the hub has given it to someone else.</summary>
public sealed class Heartbeat : IAsyncDisposable
{
    private const int BeatsPerLease = 4;

    private readonly CancellationTokenSource _end = new();
    private readonly Task _beating;

    public Heartbeat(IBus bus, RunLeased leased, CancellationTokenSource run, ILogger logger) =>
        _beating = BeatAsync(bus, leased, run, logger);

    /// <summary>The lease is no longer held: the result of the attempt is discarded.</summary>
    public bool Lost { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _beating;
        _end.Dispose();
    }

    private async Task BeatAsync(IBus bus, RunLeased leased, CancellationTokenSource run, ILogger logger)
    {
        var pause = TimeSpan.FromSeconds(leased.Seconds / BeatsPerLease);
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, _end.Token);
                var answer = await bus.CreateRequestClient<RenewLease>(pause)
                    .GetResponse<LeaseRenewed, LeaseLost>(new RenewLease(leased.RunId, leased.LeaseId), _end.Token);
                if (answer.Is(out Response<LeaseLost>? _))
                {
                    Lost = true;
                    await run.CancelAsync();
                    return;
                }
            }
            catch (Exception e) when (e is OperationCanceledException or RequestException)
            {
                // Ended, or one beat without an answer: the next one may have it.
            }
#pragma warning disable CA1031 // A heart that stops for one bad beat would lose the run.
            catch (Exception e)
#pragma warning restore CA1031
            {
                logger.LogWarning(e, "Run {Run}: a heartbeat could not be sent; trying again", leased.RunId);
            }
        }
    }
}
