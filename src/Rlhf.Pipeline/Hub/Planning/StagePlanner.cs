using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub.Planning;

/// <summary>Writes the folder of a run: run.json, and the data that the run's process will read. Loads no torch.</summary>
public sealed class StagePlanner(Home home, DatasetFiles datasets)
{
    /// <exception cref="UserError">Something that the stage starts from is missing.</exception>
    /// <param name="pipeline">The resolved pipeline.</param>
    /// <param name="pipelineRun">Its run.</param>
    /// <param name="position">The stage, from 0.</param>
    /// <param name="succeeded">The runs of the earlier stages, each with the attempt that succeeded.</param>
    /// <param name="stop">Ends the planning.</param>
    public async Task<RunManifest> PlanAsync(
        PipelineFile pipeline, Guid pipelineRun, int position, IReadOnlyDictionary<Guid, int> succeeded, CancellationToken stop)
    {
        var (kind, options) = pipeline.Stages[position];
        var stage = StageTable.Get(kind);
        var inputs = StageInputs.ForStage(position, pipeline, Finished).OverriddenBy(kind, options);
        options = stage.Resolve(options, inputs);
        var folder = new RunFolder(home.RunFolder(RunIds.ForStage(pipelineRun, position)));
        Directory.CreateDirectory(folder.Path);
        var dataset = stage.TrainsOnRankings && inputs.CollectedBy is { } collected
            ? await datasets.MaterializeAsync(collected, folder, inputs.GoldReward, stop)
            : null;
        if (dataset is not null)
            inputs = inputs with { Rankings = folder.RankingsFile };
        RunInput[] planned = [.. stage.Plan(options, inputs, folder)];
        if (stage.TrainsOnRankings)
            dataset ??= await datasets.FindByFileAsync(planned.Single(input => input.Name == InputNames.Rankings).Sha256, stop);
        var manifest = new RunManifest(
            RunIds.ForStage(pipelineRun, position), kind, (options as SeededOptions)?.Seed ?? pipeline.Seed,
            RunFolder.OptionsObject(options), planned, inputs.GoldReward, MachineFacts.Current(), dataset);
        folder.Write(manifest);
        return manifest;

        AttemptFolder Finished(int stageBefore)
        {
            var run = RunIds.ForStage(pipelineRun, stageBefore);
            return succeeded.TryGetValue(run, out int attempt)
                ? new RunFolder(home.RunFolder(run)).Attempt(attempt)
                : throw new UserError($"{kind}: the stage before it, {pipeline.Stages[stageBefore].Kind}, has no run that succeeded");
        }
    }
}
