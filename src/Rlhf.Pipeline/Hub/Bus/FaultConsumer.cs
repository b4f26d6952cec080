using MassTransit;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Bus;

/// <summary>A message that a consumer failed on, retries included, ends its pipeline run with the reason, and is logged.</summary>
public sealed class FaultConsumer(PipelineRuns runs, ILogger<FaultConsumer> logger) :
    IConsumer<Fault<StartPipeline>>, IConsumer<Fault<StartStage>>, IConsumer<Fault<StageCompleted>>, IConsumer<Fault<StageFailed>>,
    IConsumer<Fault<PipelineCompleted>>, IConsumer<Fault<PipelineFailed>>, IConsumer<Fault<RunEnded>>
{
    public Task Consume(ConsumeContext<Fault<StartPipeline>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<StartStage>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<StageCompleted>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<StageFailed>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<PipelineCompleted>> context) => EndAsync(context, m => m.PipelineRunId);

    public Task Consume(ConsumeContext<Fault<PipelineFailed>> context) => EndAsync(context, m => m.PipelineRunId);

    /// <summary>The lease of the run will run out, and the reason would be lost unless it is logged here.</summary>
    public Task Consume(ConsumeContext<Fault<RunEnded>> context)
    {
        var ended = context.Message.Message;
        logger.LogError("Run {Run} ended ({Reason}), which could not be saved: {Fault}", ended.RunId, ended.Reason,
            Reason(context.Message));
        return Task.CompletedTask;
    }

    /// <summary>The innermost exception: what a database refuses comes inside of one that says only that there is an inner one.</summary>
    private static string Reason(Fault fault)
    {
        var error = fault.Exceptions.FirstOrDefault();
        while (error?.InnerException is { } inner)
            error = inner;
        return error is null ? "no reason was given" : $"{error.ExceptionType}: {error.Message}";
    }

    private async Task EndAsync<T>(ConsumeContext<Fault<T>> context, Func<T, Guid> pipelineRun) where T : class
    {
        string why = Reason(context.Message);
        var id = pipelineRun(context.Message.Message);
        logger.LogError("{Message} of pipeline run {PipelineRun} failed, also when it was tried again: {Reason}", typeof(T).Name, id, why);
        await runs.EndAsync(id, RunState.Failed, $"{typeof(T).Name} could not be handled: {why}", context.CancellationToken);
    }
}
