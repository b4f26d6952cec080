using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub;

/// <summary>A run's process has ended: its result goes into the database, and the pipeline run goes on or fails.</summary>
public sealed class RunEndConsumer(RunResults results, RunLedger ledger) : IConsumer<RunCompleted>, IConsumer<RunEnded>
{
    public async Task Consume(ConsumeContext<RunCompleted> context)
    {
        var (run, lease, peak) = context.Message;
        try
        {
            await results.TakeInAsync(run, lease, peak, context.CancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await ledger.FailAsync(run, lease, $"its results cannot be taken in: {e.Message}", mayRetry: true, context.CancellationToken);
        }
    }

    public Task Consume(ConsumeContext<RunEnded> context) => ledger.FailAsync(
        context.Message.RunId, context.Message.LeaseId, context.Message.Reason, context.Message.MayRetry, context.CancellationToken);
}
