namespace Rlhf.Contracts;

/// <summary>
/// Starts or continues a pipeline run whose row is in the hub's database. Sent again, it repeats the command of the stage under way.
/// </summary>
public sealed record StartPipeline(Guid PipelineRunId, IReadOnlyList<string> Stages);

/// <summary>Asks for the run of one stage to be planned and queued.</summary>
/// <param name="RunId">Chosen by the sender, so that a command delivered twice makes one run.</param>
/// <param name="Stage">The kind of the stage.</param>
public sealed record StartStage(Guid PipelineRunId, Guid RunId, string Stage);

/// <summary>A run ended with its result; the next stage may start.</summary>
public sealed record StageCompleted(Guid PipelineRunId, Guid RunId, string Stage);

/// <summary>A run ended without its result, and so does its pipeline run.</summary>
public sealed record StageFailed(Guid PipelineRunId, Guid RunId, string Reason);

/// <summary>Every stage of a pipeline run is done.</summary>
public sealed record PipelineCompleted(Guid PipelineRunId);

/// <summary>A pipeline run ended early.</summary>
public sealed record PipelineFailed(Guid PipelineRunId, string Reason);

/// <summary>Somebody cancelled a pipeline run; its rows say so already.</summary>
public sealed record PipelineCancelled(Guid PipelineRunId);
