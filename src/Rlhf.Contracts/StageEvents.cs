namespace Rlhf.Contracts;

/// <summary>What every event that ends a stage says.</summary>
public interface IStageEvent
{
    public Guid PipelineRunId { get; }

    public Guid RunId { get; }
}

/// <summary>A policy was pretrained.</summary>
public sealed record PolicyPretrained(Guid PipelineRunId, Guid RunId) : IStageEvent;

/// <summary>A policy was fine-tuned.</summary>
public sealed record PolicyFineTuned(Guid PipelineRunId, Guid RunId) : IStageEvent;

/// <summary>The candidates of every prompt are in the hub's database as labeling tasks.</summary>
public sealed record CandidatesSampled(Guid PipelineRunId, Guid RunId) : IStageEvent;

/// <summary>A dataset version was made of the rankings.</summary>
public sealed record RankingsCollected(Guid PipelineRunId, Guid RunId) : IStageEvent;

/// <summary>A reward model was trained.</summary>
public sealed record RewardModelTrained(Guid PipelineRunId, Guid RunId) : IStageEvent;

/// <summary>PPO is done.</summary>
public sealed record PolicyTrained(Guid PipelineRunId, Guid RunId) : IStageEvent;

/// <summary>The comparison is done.</summary>
public sealed record Evaluated(Guid PipelineRunId, Guid RunId) : IStageEvent;

/// <summary>A run ended without its result, and so does its pipeline run.</summary>
public sealed record RunFailed(Guid PipelineRunId, Guid RunId, string Reason) : IStageEvent;

/// <summary>Every stage of a pipeline run is done.</summary>
public sealed record PipelineCompleted(Guid PipelineRunId);

/// <summary>A pipeline run ended early.</summary>
public sealed record PipelineFailed(Guid PipelineRunId, string Reason);
