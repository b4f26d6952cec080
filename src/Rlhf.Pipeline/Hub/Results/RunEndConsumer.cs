using MassTransit;
using Rlhf.Contracts;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Results;

/// <summary>A run's process has ended: its result goes into the database, or the attempt is over.</summary>
public sealed class RunEndConsumer(ResultLoop results, RunLedger ledger) : IConsumer<RunCompleted>, IConsumer<RunEnded>
{
    public Task Consume(ConsumeContext<RunCompleted> context)
    {
        results.Add(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<RunEnded> context)
    {
        var (run, lease, reason, kind) = context.Message;
        return kind switch
        {
            RunEndKind.Stopped => ledger.ReleaseAsync(run, lease, reason, context.CancellationToken),
            RunEndKind.Refused => ledger.FailAsync(run, lease, reason, FailureKind.Refused, mayRetry: false, context.CancellationToken),
            RunEndKind.Diverged => ledger.FailAsync(run, lease, reason, FailureKind.Diverged, mayRetry: false, context.CancellationToken),
            _ => ledger.FailAsync(run, lease, reason, FailureKind.Crashed, mayRetry: kind == RunEndKind.Crashed, context.CancellationToken),
        };
    }
}
