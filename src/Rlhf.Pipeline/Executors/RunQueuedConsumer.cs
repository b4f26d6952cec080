using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Executors;

/// <summary>A run was queued: ask for it now.</summary>
public sealed class RunQueuedConsumer(WorkSignal signal) : IConsumer<RunQueued>
{
    public Task Consume(ConsumeContext<RunQueued> context)
    {
        signal.Set();
        return Task.CompletedTask;
    }
}
