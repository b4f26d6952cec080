using Microsoft.EntityFrameworkCore;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Hub.Results;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Leases;

/// <summary>
/// Decides about runs whose executor has stopped. If the attempt had written its result, the result is used and nothing is computed
/// twice. Any other attempt is abandoned and the run is queued again.
/// </summary>
public sealed class RunRecovery(Home home, RlhfDatabase database, RunLedger ledger, RunResults results)
{
    /// <summary>
    /// At the start of a hub: executors inside an earlier hub's process ended with it, so their runs are decided at once. Workers in
    /// other processes may be alive and could not renew their leases: they get one whole lease to report.
    /// </summary>
    public async Task TakeOverAsync(CancellationToken stop)
    {
        await ledger.ExtendLeasesAsync(stop);
        await using var context = database.OpenReadContext();
        var running = await context.Runs.Where(r => r.State == RunState.Running).ToListAsync(stop);
        foreach (var run in running.Where(r => ExecutorSettings.IsInsideHub(r.Executor)))
            await DecideAsync(run, (id, lease) => ledger.ReleaseAsync(id, lease, "the hub's process ended", stop), stop);
    }

    /// <summary>Decides about every run whose lease has run out.</summary>
    public async Task ExpireAsync(CancellationToken stop)
    {
        foreach (var run in await ledger.ExpiredAsync(stop))
        {
            string reason = $"no heartbeat from its executor {run.Executor} since {run.Heartbeat:u}";
            await DecideAsync(run, (id, lease) => ledger.ExpireAsync(id, lease, reason, stop), stop);
        }
    }

    private async Task DecideAsync(Run run, Func<Guid, Guid, Task> giveUp, CancellationToken stop)
    {
        if (run.LeaseId is not { } lease)
            return;
        if (File.Exists(new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt).ResultFile))
            await results.TakeInOrFailAsync(run.Id, lease, peakBytes: 0, stop);
        else
            await giveUp(run.Id, lease);
    }
}
