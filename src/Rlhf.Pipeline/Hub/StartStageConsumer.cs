using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub;

/// <summary>Hands the command of a stage to the loop that plans runs. Nothing is read or computed here.</summary>
public sealed class StartStageConsumer(PlanningQueue queue) : IConsumer<StartStage>
{
    public Task Consume(ConsumeContext<StartStage> context)
    {
        queue.Add(context.Message);
        return Task.CompletedTask;
    }
}
