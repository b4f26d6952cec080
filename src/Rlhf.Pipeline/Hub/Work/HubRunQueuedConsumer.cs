using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>A run was queued: it may be the hub's own work.</summary>
public sealed class HubRunQueuedConsumer(HubWorkSignal signal) : IConsumer<RunQueued>
{
    public Task Consume(ConsumeContext<RunQueued> context)
    {
        signal.Set();
        return Task.CompletedTask;
    }
}
