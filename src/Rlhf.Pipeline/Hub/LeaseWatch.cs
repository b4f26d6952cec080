using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rlhf.Pipeline.Hub;

/// <summary>Looks for leases that have run out.</summary>
public sealed class LeaseWatch(RunRecovery runs, HubSettings settings, ILogger<LeaseWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(settings.LeaseSeconds / 4));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await runs.ExpireAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogError(e, "Leases could not be looked at; trying again");
            }
        }
    }
}
