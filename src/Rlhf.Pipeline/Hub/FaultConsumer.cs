using MassTransit;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub;

/// <summary>A message that a consumer failed on, retries included, ends its pipeline run with the reason, and is logged.</summary>
public sealed class FaultConsumer(PipelineRuns runs, ILogger<FaultConsumer> logger) :
    IConsumer<Fault<StartPipeline>>, IConsumer<Fault<StartStage>>, IConsumer<Fault<StageCompleted>>, IConsumer<Fault<StageFailed>>,
    IConsumer<Fault<PipelineCompleted>>, IConsumer<Fault<PipelineFailed>>
{
    public Task Consume(ConsumeContext<Fault<StartPipeline>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<StartStage>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<StageCompleted>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<StageFailed>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<PipelineCompleted>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<PipelineFailed>> context) => EndAsync(context, m => m.PipelineRunId);

    private async Task EndAsync<T>(ConsumeContext<Fault<T>> context, Func<T, Guid> pipelineRun) where T : class
    {
        string why = context.Message.Exceptions.FirstOrDefault() is { } e ? $"{e.ExceptionType}: {e.Message}" : "no reason was given";
        var id = pipelineRun(context.Message.Message);
        logger.LogError("{Message} of pipeline run {PipelineRun} failed, also when it was tried again: {Reason}", typeof(T).Name, id, why);
        await runs.EndAsync(id, RunState.Failed, $"{typeof(T).Name} could not be handled: {why}", context.CancellationToken);
    }
}
