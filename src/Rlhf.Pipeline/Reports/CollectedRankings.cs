using Rlhf.Pipeline.Hub.Pipelines;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Reports;

/// <summary>The rankings that a pipeline run has collected, from simulated annotators, files or people.</summary>
/// <param name="Attempt">The attempt that wrote them.</param>
/// <param name="Result">What is said of them.</param>
internal sealed record CollectedRankings(AttemptFolder Attempt, CollectResult Result)
{
    /// <summary>Those of the last stage that collected some; null where none did.</summary>
    public static CollectedRankings? Find(PipelineOutcome outcome, Home home) => outcome.Runs
        .Where(run => run.State == RunState.Succeeded && run.Kind is RunKinds.Collect or RunKinds.Label)
        .Select(run => (run.Kind, Attempt: new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt)))
        .Select(run => (run.Attempt, Result: run.Kind == RunKinds.Collect
            ? run.Attempt.ReadResult<CollectResult>()
            : run.Attempt.ReadResult<LabelResult>().Collected))
        .Where(run => run.Result is not null).Select(run => new CollectedRankings(run.Attempt, run.Result!)).LastOrDefault();
}
