using MassTransit;
using Rlhf.Contracts;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>A pipeline run has come to its end.</summary>
public sealed class PipelineEndConsumer(EndingLoop ending, PipelineRuns runs) : IConsumer<PipelineCompleted>, IConsumer<PipelineFailed>
{
    public Task Consume(ConsumeContext<PipelineCompleted> context)
    {
        ending.Add(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<PipelineFailed> context) =>
        runs.EndAsync(context.Message.PipelineRunId, RunState.Failed, context.Message.Reason, context.CancellationToken);
}
