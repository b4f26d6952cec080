using System.Text.Json.Nodes;
using MassTransit;
using Rlhf.Contracts;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub;

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

/// <summary>Puts how far a run is into the change feed.</summary>
public sealed class RunProgressConsumer(ChangeFeed changes, TimeProvider clock) : IConsumer<RunProgressed>
{
    public Task Consume(ConsumeContext<RunProgressed> context)
    {
        var progress = context.Message;
        changes.Publish(new Change(ChangeTypes.RunProgress, progress.PipelineRunId, progress.RunId, clock.GetUtcNow(), new JsonObject
        {
            ["kind"] = progress.Kind,
            ["phase"] = progress.Phase,
            ["done"] = progress.Done,
            ["total"] = progress.Total,
            ["tokensPerSecond"] = progress.TokensPerSecond,
        }));
        return Task.CompletedTask;
    }
}
