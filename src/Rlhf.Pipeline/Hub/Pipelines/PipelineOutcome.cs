using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>A pipeline run that has come to its end.</summary>
/// <param name="Runs">Its runs in the order of the stages.</param>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="PeakBytes">The most resident memory of the process of a run.</param>
public sealed record PipelineOutcome(
    Guid Id, PipelineFile Pipeline, bool Succeeded, string? Reason, IReadOnlyList<RunStatus> Runs, double Seconds, long PeakBytes)
{
    /// <summary>More than one stage, or an evaluation, is worth a report.</summary>
    public bool HasReport => Runs.Count > 1 || RunOf(RunKinds.Evaluate) is not null;

    public static PipelineOutcome Create(PipelineStatus status, PipelineFile pipeline) => new(
        status.Id, pipeline, status.State == RunState.Succeeded, status.Reason, status.Runs,
        ((status.Ended ?? status.Created) - status.Created).TotalSeconds, status.Runs.Max(r => r.PeakBytes) ?? 0);

    /// <summary>The run of a stage, null where the pipeline has none of this kind.</summary>
    public RunStatus? RunOf(string kind) => Runs.LastOrDefault(r => r.Kind == kind && r.State == RunState.Succeeded);
}
