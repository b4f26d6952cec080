using MassTransit;
using Rlhf.Contracts;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub;

/// <summary>A pipeline run has ended.</summary>
public sealed class PipelineEndConsumer(PipelineRuns runs) : IConsumer<PipelineCompleted>, IConsumer<PipelineFailed>
{
    public Task Consume(ConsumeContext<PipelineCompleted> context) =>
        runs.EndAsync(context.Message.PipelineRunId, RunState.Succeeded, null, context.CancellationToken);

    public Task Consume(ConsumeContext<PipelineFailed> context) =>
        runs.EndAsync(context.Message.PipelineRunId, RunState.Failed, context.Message.Reason, context.CancellationToken);
}

/// <summary>How far a run is, for whoever watches.</summary>
public sealed class RunProgressConsumer(PipelineRuns runs) : IConsumer<RunProgressed>
{
    public Task Consume(ConsumeContext<RunProgressed> context)
    {
        runs.Report(context.Message);
        return Task.CompletedTask;
    }
}
