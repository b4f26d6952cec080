using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub;

/// <summary>A run's process has ended: its result goes into the database, or the attempt is over.</summary>
public sealed class RunEndConsumer(ResultLoop results, RunLedger ledger) : IConsumer<RunCompleted>, IConsumer<RunEnded>
{
    public Task Consume(ConsumeContext<RunCompleted> context)
    {
        results.Add(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<RunEnded> context) => ledger.FailAsync(
        context.Message.RunId, context.Message.LeaseId, context.Message.Reason, context.Message.MayRetry, context.CancellationToken);
}
