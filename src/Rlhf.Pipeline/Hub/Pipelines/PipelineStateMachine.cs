using MassTransit;
using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>Where one pipeline run stands.</summary>
/// <remarks>
/// Kept in memory only: there is no EF Core saga repository to be had here, and none is needed, because the truth is in SQLite.
/// The ids of the runs follow from the pipeline run's id (<see cref="RunIds"/>), and a run that is already done answers its command
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

/// <summary>
/// Carries a pipeline run from stage to stage: a command starts one, its event starts the next, <see cref="StageFailed"/> ends it.
/// </summary>
public sealed class PipelineStateMachine : MassTransitStateMachine<PipelineState>
{
    public PipelineStateMachine()
    {
        InstanceState(x => x.CurrentState);
        Event(() => Started, x => x.CorrelateById(m => m.Message.PipelineRunId));
        // An event that comes twice, or for a pipeline run that has ended, finds nothing left to do.
        Event(() => Completed, x => { x.CorrelateById(m => m.Message.PipelineRunId); x.OnMissingInstance(m => m.Discard()); });
        Event(() => Failed, x => { x.CorrelateById(m => m.Message.PipelineRunId); x.OnMissingInstance(m => m.Discard()); });
        Event(() => Cancelled, x => { x.CorrelateById(m => m.Message.PipelineRunId); x.OnMissingInstance(m => m.Discard()); });

        Initially(
            When(Started)
                .Then(x => x.Saga.Stages = x.Message.Stages)
                .TransitionTo(Running)
                .ThenAsync(x => SendCommand(x, x.Saga)));
        During(Running,
            // Sent again: an event may have been lost, so the stage under way is asked for once more. A run is planned once.
            When(Started).ThenAsync(x => SendCommand(x, x.Saga)),
            // The event of the stage under way starts the next one; of any other stage it is a repetition.
            When(Completed, x => x.Message.RunId == x.Saga.RunId)
                .IfElse(x => x.Saga.Position + 1 < x.Saga.Stages.Count,
                    more => more.Then(x => x.Saga.Position++).ThenAsync(x => SendCommand(x, x.Saga)),
                    end => end.Publish(x => new PipelineCompleted(x.Saga.CorrelationId)).Finalize()),
            When(Failed, x => x.Message.RunId == x.Saga.RunId)
                .Publish(x => new PipelineFailed(x.Saga.CorrelationId, Reason(x.Saga.Stages[x.Saga.Position], x.Message.Reason)))
                .Finalize(),
            When(Cancelled).Finalize());
        SetCompletedWhenFinalized();
    }

    public State Running { get; private set; } = null!;

    public Event<StartPipeline> Started { get; private set; } = null!;

    public Event<StageCompleted> Completed { get; private set; } = null!;

    public Event<StageFailed> Failed { get; private set; } = null!;

    public Event<PipelineCancelled> Cancelled { get; private set; } = null!;

    /// <summary>A reason that names its stage already is not given the name twice.</summary>
    private static string Reason(string stage, string reason) =>
        reason.StartsWith($"{stage}: ", StringComparison.Ordinal) || reason.StartsWith($"{stage}.", StringComparison.Ordinal)
            ? reason
            : $"{stage}: {reason}";

    private static Task SendCommand(IPublishEndpoint bus, PipelineState state) =>
        bus.Publish(new StartStage(state.CorrelationId, state.RunId, state.Stages[state.Position]));
}
