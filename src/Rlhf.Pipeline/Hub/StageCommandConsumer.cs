using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub;

/// <summary>Turns the command of a stage into a planned, queued run. Nothing is computed here.</summary>
public sealed class StageCommandConsumer(StageStarter starter) :
    IConsumer<PretrainPolicy>, IConsumer<FineTunePolicy>, IConsumer<SampleCandidates>, IConsumer<CollectRankings>,
    IConsumer<TrainRewardModel>, IConsumer<TrainPolicy>, IConsumer<Evaluate>
{
    public Task Consume(ConsumeContext<PretrainPolicy> context) => StartAsync(context);

    public Task Consume(ConsumeContext<FineTunePolicy> context) => StartAsync(context);

    public Task Consume(ConsumeContext<SampleCandidates> context) => StartAsync(context);

    public Task Consume(ConsumeContext<CollectRankings> context) => StartAsync(context);

    public Task Consume(ConsumeContext<TrainRewardModel> context) => StartAsync(context);

    public Task Consume(ConsumeContext<TrainPolicy> context) => StartAsync(context);

    public Task Consume(ConsumeContext<Evaluate> context) => StartAsync(context);

    private Task StartAsync<T>(ConsumeContext<T> context) where T : class, IStageCommand =>
        starter.StartAsync(context.Message.PipelineRunId, context.Message.RunId, context.CancellationToken);
}
