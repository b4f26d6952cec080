using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Executors;

/// <summary>Keeps a lease alive, and stops the run when the hub has given it to someone else.</summary>
public sealed class Heartbeat : IAsyncDisposable
{
    private const int BeatsPerLease = 4;

    private readonly CancellationTokenSource _end = new();
    private readonly Task _beating;

    public Heartbeat(IBus bus, RunLeased leased, CancellationTokenSource run) => _beating = BeatAsync(bus, leased, run);

    /// <summary>The run is no longer ours: whatever came of it counts for nothing.</summary>
    public bool Lost { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _beating;
        _end.Dispose();
    }

    private async Task BeatAsync(IBus bus, RunLeased leased, CancellationTokenSource run)
    {
        var pause = TimeSpan.FromSeconds(leased.Seconds / BeatsPerLease);
        var client = bus.CreateRequestClient<RenewLease>(pause);
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, _end.Token);
                var answer = await client.GetResponse<LeaseRenewed, LeaseLost>(new RenewLease(leased.RunId, leased.LeaseId), _end.Token);
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
        }
    }
}
