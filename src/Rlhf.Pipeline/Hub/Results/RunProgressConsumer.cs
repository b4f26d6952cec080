using System.Text.Json.Nodes;
using MassTransit;
using Rlhf.Contracts;
using Rlhf.Storage.Changes;

namespace Rlhf.Pipeline.Hub.Results;

/// <summary>Puts how far a run is, and its new metrics, into the change feed.</summary>
public sealed class RunProgressConsumer(ChangeFeed changes, TimeProvider clock) : IConsumer<RunProgressed>, IConsumer<RunMeasured>
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
            ["counted"] = progress.Counted,
        }));
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<RunMeasured> context)
    {
        var measured = context.Message;
        changes.Publish(new Change(ChangeTypes.RunMetrics, measured.PipelineRunId, measured.RunId, clock.GetUtcNow(), new JsonObject
        {
            ["kind"] = measured.Kind,
            ["step"] = measured.Step,
            ["values"] = new JsonObject(measured.Values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value))),
        }));
        return Task.CompletedTask;
    }
}
