using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Hub.Watch;

namespace Rlhf.Pipeline.Hub.Leases;

/// <summary>
/// Looks for leases that have run out. A hub that could not look (its process or machine was suspended, or its database was
/// locked) could not renew leases either, and executors may be alive: then every lease lasts a whole lease from that moment.
/// </summary>
public sealed class LeaseWatch(RunRecovery runs, RunLedger ledger, HubSettings settings, TimeProvider clock, ILogger<LeaseWatch> logger)
    : BackgroundService
{
    private const int LooksPerLease = 4;

    private readonly RepeatedFault _fault = new(logger, clock);
    private DateTimeOffset _lastLook = clock.GetUtcNow();

    private TimeSpan Interval => TimeSpan.FromSeconds(settings.LeaseSeconds / LooksPerLease);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _lastLook = clock.GetUtcNow();
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _fault.Log(e, "Leases could not be looked at");
            }
        }
    }

    /// <summary>One look: leases that have run out are ended, unless the look before was too long ago.</summary>
    internal async Task LookAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var gap = now - _lastLook;
        // A lease was renewed a quarter of its length ago at most, so that after two quarters more it still holds.
        if (gap > 2 * Interval)
        {
            await ledger.ExtendLeasesAsync(stop);
            logger.LogWarning(
                "The hub could not renew leases for {Seconds:0} s: it was suspended, or its database was locked. "
                + "Runs that are under way have {Lease} s to report",
                gap.TotalSeconds, settings.LeaseSeconds);
        }
        else
        {
            await runs.ExpireAsync(stop);
        }
        // Only after success, and with the time of the beginning: a look that fails or waits for the database leaves a gap.
        _lastLook = now;
    }
}
