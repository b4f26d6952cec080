using System.Security.Cryptography;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Models.Checkpoints;
using Rlhf.Pipeline.Data;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Simulation.Prompts;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub;

/// <summary>Writes the folder of a run: run.json, and the data that the run's process will read. Loads no torch.</summary>
public sealed class StagePlanner(Home home)
{
    /// <exception cref="UserError">Something that the stage starts from is missing.</exception>
    public RunManifest Plan(PipelineFile pipeline, Guid pipelineRun, int position)
    {
        var (kind, options) = pipeline.Stages[position];
        var inputs = StageInputs.ForStage(position, pipeline, pipelineRun, home).OverriddenBy(options);
        // Candidates keep the side that their prompts were given.
        if (options is CollectOptions { Data: "" } collecting && inputs.Prompts is { } prompts)
            options = collecting with { HeldOut = prompts.Options.HeldOut };
        var folder = new RunFolder(home.RunFolder(RunIds.ForStage(pipelineRun, position)));
        Directory.CreateDirectory(folder.Path);
        var manifest = new RunManifest(
            RunIds.ForStage(pipelineRun, position), kind, options.Seed, RunFolder.OptionsObject(options),
            [.. Materialize(kind, options, inputs, folder)], inputs.GoldReward, MachineFacts.Current());
        folder.Write(manifest);
        return manifest;
    }

    private static IEnumerable<RunInput> Materialize(string kind, StageOptions options, StageInputs inputs, RunFolder folder) => options switch
    {
        PretrainOptions pretrain => [TextInput(folder, TextSources.ForPretraining(pretrain))],
        SftOptions sft => [PolicyInput(kind, inputs), TextInput(folder, TextSources.ForFineTuning(sft))],
        CandidatesOptions candidates => [PolicyInput(kind, inputs), PromptsInput(kind, folder, inputs, set =>
            [.. Train(set, candidates.TrainPrompts), .. HeldOut(set, candidates.HeldOutPrompts)])],
        CollectOptions collect => collect.Data.Length > 0 ? [] : [CandidatesInput(kind, inputs)],
        RewardOptions => [PolicyInput(kind, inputs), RankingsInput(kind, folder, inputs)],
        PpoOptions ppo =>
        [
            PolicyInput(kind, inputs), RewardInput(kind, inputs),
            PromptsInput(kind, folder, inputs, set => [.. Train(set, 0), .. HeldOut(set, ppo.EvaluationPrompts)]),
            .. ppo.PtxCoefficient > 0 ? [TextInput(folder, TextSources.ForPpo(ppo))] : Array.Empty<RunInput>(),
        ],
        EvaluateOptions evaluate =>
        [
            PolicyInput(kind, inputs),
            Checkpoint(InputNames.TrainedPolicy, StageInputs.Required(inputs.TrainedPolicy, kind, "policy: the folder of the trained policy must be given")),
            .. inputs.RewardModel is { } reward ? [Checkpoint(InputNames.RewardModel, reward)] : Array.Empty<RunInput>(),
            PromptsInput(kind, folder, inputs, set => HeldOut(set, evaluate.HeldOutPrompts)),
        ],
        _ => throw new ArgumentOutOfRangeException(nameof(options), options, "no such stage"),
    };

    private static RunInput PolicyInput(string kind, StageInputs inputs) =>
        Checkpoint(InputNames.Policy, StageInputs.Required(inputs.Policy, kind, "model: the folder of a policy must be given (config.json, model.safetensors, tokenizer.json)"));

    private static RunInput RewardInput(string kind, StageInputs inputs) =>
        Checkpoint(InputNames.RewardModel, StageInputs.Required(inputs.RewardModel, kind, "rewardModel: the folder of a reward model must be given"));

    private static RunInput Checkpoint(string name, string path) => File.Exists(Path.Combine(path, "config.json"))
        ? new RunInput(name, path, ModelFolder.Sha256(path))
        : throw new UserError($"{path}: no config.json there: not the folder of a model. Any Hugging Face folder of a supported family will do: one from https://huggingface.co, or one that `rlhf pretrain` made");

    private static RunInput CandidatesInput(string kind, StageInputs inputs)
    {
        string path = StageInputs.Required(inputs.Candidates, kind, "candidates: a candidates.jsonl, or data: rankings that exist already, must be given");
        return new RunInput(RunKinds.Candidates, path, FileHash(path));
    }

    private static RunInput RankingsInput(string kind, RunFolder folder, StageInputs inputs)
    {
        string path = StageInputs.Required(inputs.Rankings, kind, "rankings: a rankings.jsonl must be given");
        if (!File.Exists(path))
            throw new UserError($"{path}: no such file; rankings.jsonl is what a collect run writes");
        if (Path.GetFullPath(path) != folder.RankingsFile)
            File.Copy(path, folder.RankingsFile, overwrite: true);
        return Materialized(InputNames.Rankings, folder, folder.RankingsFile);
    }

    private static RunInput PromptsInput(string kind, RunFolder folder, StageInputs inputs, Func<PromptSet, IEnumerable<PromptLine>> choose)
    {
        var (options, seed) = inputs.Prompts ?? throw new UserError($"{kind}: prompts: where the prompts come from must be given (no earlier stage gives it)");
        var chosen = choose(PromptSources.Load(options, seed)).ToList();
        if (chosen.Count == 0)
            throw new UserError($"{kind}: none of the prompts of {options.Source} is on the side that is wanted; prompts.heldOut is {options.HeldOut}");
        RunJson.WriteLines(folder.PromptsFile, chosen);
        return Materialized(InputNames.Prompts, folder, folder.PromptsFile);
    }

    /// <summary>The first <paramref name="count"/> training prompts; 0 takes all.</summary>
    private static IEnumerable<PromptLine> Train(PromptSet set, int count) =>
        set.Train.Take(count == 0 ? int.MaxValue : count).Select(p => new PromptLine(p));

    private static IEnumerable<PromptLine> HeldOut(PromptSet set, int count) =>
        set.HeldOut.Take(count == 0 ? int.MaxValue : count).Select(p => new PromptLine(p, HeldOut: true));

    private static RunInput TextInput(RunFolder folder, IEnumerable<TextLine> lines)
    {
        RunJson.WriteLines(folder.TextFile, lines);
        return Materialized(InputNames.Text, folder, folder.TextFile);
    }

    private static RunInput Materialized(string name, RunFolder folder, string file) => new(name, Path.GetRelativePath(folder.Path, file), FileHash(file));

    private static string FileHash(string path)
    {
        if (!File.Exists(path))
            throw new UserError($"{path}: no such file");
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
