using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub;

/// <summary>Writes the folder of a run: run.json, and the data that the run's process will read. Loads no torch.</summary>
public sealed class StagePlanner(Home home)
{
    /// <exception cref="UserError">Something that the stage starts from is missing.</exception>
    public RunManifest Plan(PipelineFile pipeline, Guid pipelineRun, int position)
    {
        var (kind, options) = pipeline.Stages[position];
        var stage = StageTable.Get(kind);
        var inputs = StageInputs.ForStage(position, pipeline, i => new RunFolder(home.RunFolder(RunIds.ForStage(pipelineRun, i)))).OverriddenBy(kind, options);
        options = stage.Resolve(options, inputs);
        var folder = new RunFolder(home.RunFolder(RunIds.ForStage(pipelineRun, position)));
        Directory.CreateDirectory(folder.Path);
        var manifest = new RunManifest(
            RunIds.ForStage(pipelineRun, position), kind, options.Seed, RunFolder.OptionsObject(options),
            [.. stage.Plan(options, inputs, folder)], inputs.GoldReward, MachineFacts.Current());
        folder.Write(manifest);
        return manifest;
    }
}
