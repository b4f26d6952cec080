using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub.Planning;

/// <summary>Hands the command of a stage to the loop that plans runs.</summary>
public sealed class StartStageConsumer(PlanningLoop planning) : IConsumer<StartStage>
{
    public Task Consume(ConsumeContext<StartStage> context)
    {
        planning.Add(context.Message);
        return Task.CompletedTask;
    }
}
