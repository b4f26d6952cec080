using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Results;

/// <summary>Takes finished runs into the database: hashes their checkpoints.</summary>
public sealed class ResultLoop(RunResults results, RunLedger ledger, ILogger<ResultLoop> logger) : WorkLoop<RunCompleted>(logger)
{
    protected override async Task HandleAsync(RunCompleted work, CancellationToken stop)
    {
        try
        {
            await results.TakeInAsync(work.RunId, work.LeaseId, work.PeakBytes, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Core.UserError)
        {
            await ledger.FailAsync(work.RunId, work.LeaseId, $"its results cannot be taken in: {e.Message}", FailureKind.Crashed,
                mayRetry: true, stop);
        }
    }
}
