using Microsoft.Extensions.Logging;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub.Results;

/// <summary>Takes finished runs into the database: hashes their checkpoints.</summary>
public sealed class ResultLoop(RunResults results, ILogger<ResultLoop> logger) : WorkLoop<RunCompleted>(logger)
{
    protected override Task HandleAsync(RunCompleted work, CancellationToken stop) =>
        results.TakeInOrFailAsync(work.RunId, work.LeaseId, work.PeakBytes, stop);
}
