using MassTransit;
using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Hub;

/// <summary>Where one pipeline run stands.</summary>
/// <remarks>
/// Kept in memory only: there is no EF Core saga repository to be had here, and none is needed, because the truth is in SQLite.
/// The ids of the runs follow from the pipeline run's id (<see cref="RunIds"/>), a run that is already done answers its command
/// with its event at once; so <see cref="StartPipeline"/>, sent again after the hub was started again, walks through what is
/// done to the stage that is not.
/// </remarks>
public sealed class PipelineState : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = "";

    /// <summary>The stages in the order of the pipeline file.</summary>
    public IReadOnlyList<string> Stages { get; set; } = [];

    /// <summary>The stage that is under way.</summary>
    public int Position { get; set; }

    public Guid RunId => RunIds.ForStage(CorrelationId, Position);
}

/// <summary>Carries a pipeline run from stage to stage: a command starts one, its event starts the next, RunFailed ends it.</summary>
public sealed class PipelineStateMachine : MassTransitStateMachine<PipelineState>
{
    public PipelineStateMachine()
    {
        InstanceState(x => x.CurrentState);
        Event(() => Started, x => x.CorrelateById(m => m.Message.PipelineRunId));
        Event(() => Pretrained, Correlate);
        Event(() => FineTuned, Correlate);
        Event(() => CandidatesSampled, Correlate);
        Event(() => RankingsCollected, Correlate);
        Event(() => RewardModelTrained, Correlate);
        Event(() => PolicyTrained, Correlate);
        Event(() => Evaluated, Correlate);
        Event(() => Failed, Correlate);

        Initially(
            When(Started)
                .Then(x => x.Saga.Stages = x.Message.Stages)
                .TransitionTo(Running)
                .ThenAsync(x => SendCommand(x, x.Saga)));
        During(Running,
            Ignore(Started),
            Next(Pretrained), Next(FineTuned), Next(CandidatesSampled), Next(RankingsCollected),
            Next(RewardModelTrained), Next(PolicyTrained), Next(Evaluated),
            When(Failed, x => x.Message.RunId == x.Saga.RunId)
                .Publish(x => new PipelineFailed(x.Saga.CorrelationId, $"{x.Saga.Stages[x.Saga.Position]}: {x.Message.Reason}"))
                .Finalize());
        SetCompletedWhenFinalized();
    }

    public State Running { get; private set; } = null!;

    public Event<StartPipeline> Started { get; private set; } = null!;

    public Event<PolicyPretrained> Pretrained { get; private set; } = null!;

    public Event<PolicyFineTuned> FineTuned { get; private set; } = null!;

    public Event<CandidatesSampled> CandidatesSampled { get; private set; } = null!;

    public Event<RankingsCollected> RankingsCollected { get; private set; } = null!;

    public Event<RewardModelTrained> RewardModelTrained { get; private set; } = null!;

    public Event<PolicyTrained> PolicyTrained { get; private set; } = null!;

    public Event<Evaluated> Evaluated { get; private set; } = null!;

    public Event<RunFailed> Failed { get; private set; } = null!;

    private static void Correlate<T>(IEventCorrelationConfigurator<PipelineState, T> x) where T : class, IStageEvent
    {
        x.CorrelateById(m => m.Message.PipelineRunId);
        // Said twice, or of a pipeline run that has ended: nothing is left to do.
        x.OnMissingInstance(m => m.Discard());
    }

    /// <summary>The event of the stage under way starts the next one; of any other stage it is a repetition.</summary>
    private EventActivityBinder<PipelineState, T> Next<T>(Event<T> done) where T : class, IStageEvent =>
        When(done, x => x.Message.RunId == x.Saga.RunId)
            .IfElse(x => x.Saga.Position + 1 < x.Saga.Stages.Count,
                more => more.Then(x => x.Saga.Position++).ThenAsync(x => SendCommand(x, x.Saga)),
                end => end.Publish(x => new PipelineCompleted(x.Saga.CorrelationId)).Finalize());

    private static Task SendCommand(IPublishEndpoint bus, PipelineState state) =>
        bus.Publish(StageMessages.Command(state.Stages[state.Position], state.CorrelationId, state.RunId));
}
