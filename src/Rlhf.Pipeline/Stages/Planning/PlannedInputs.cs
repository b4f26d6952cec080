using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Simulation.Prompts;

namespace Rlhf.Pipeline.Stages.Planning;

/// <summary>The inputs that stages have in common: checked, materialized into the run's folder, and hashed. Loads no torch.</summary>
public static class PlannedInputs
{
    public static RunInput Policy(string kind, StageInputs inputs) => Checkpoint(InputNames.Policy,
        StageInputs.Required(inputs.Policy, kind, "model: the folder of a policy must be given (config.json, model.safetensors, tokenizer.json)"));

    public static RunInput TrainedPolicy(string kind, StageInputs inputs) => Checkpoint(InputNames.TrainedPolicy,
        StageInputs.Required(inputs.TrainedPolicy, kind, "policy: the folder of the trained policy must be given"));

    public static RunInput RewardModel(string kind, StageInputs inputs) => Checkpoint(InputNames.RewardModel,
        StageInputs.Required(inputs.RewardModel, kind, "rewardModel: the folder of a reward model must be given"));

    public static RunInput Checkpoint(string name, string path) => File.Exists(Path.Combine(path, "config.json"))
        ? new RunInput(name, path, InputHash.Compute(path))
        : throw new UserError($"{path}: no config.json there: not the folder of a model. Any Hugging Face folder of a supported family will do: one from https://huggingface.co, or one that `rlhf pretrain` made");

    /// <summary>A file of candidates, read where it lies.</summary>
    public static RunInput Candidates(string kind, StageInputs inputs)
    {
        string path = StageInputs.Required(inputs.Candidates, kind, "candidates: a candidates.jsonl, or data: rankings that exist already, must be given");
        return new RunInput(InputNames.Candidates, path, InputHash.Compute(path));
    }

    /// <summary>A copy of the rankings in the run's folder.</summary>
    public static RunInput Rankings(string kind, RunFolder folder, StageInputs inputs)
    {
        string path = StageInputs.Required(inputs.Rankings, kind, "rankings: a rankings.jsonl must be given");
        if (!File.Exists(path))
            throw new UserError($"{path}: no such file; rankings.jsonl is what a collect run writes");
        RegularFile.Check(path);
        // Here, where the file still has the name that the user knows.
        foreach (var _ in RankingsFile.Read(path))
        {
        }
        if (Path.GetFullPath(path) != folder.RankingsFile)
            File.Copy(path, folder.RankingsFile, overwrite: true);
        return Materialized(InputNames.Rankings, folder, folder.RankingsFile);
    }

    /// <summary>The prompts that <paramref name="choose"/> takes from the pipeline's source, in a file of the run.</summary>
    public static RunInput Prompts(string kind, RunFolder folder, StageInputs inputs, Func<PromptSet, IEnumerable<PromptLine>> choose)
    {
        var (options, seed) = inputs.Prompts ?? throw new UserError($"{kind}: prompts: where the prompts come from must be given (no earlier stage gives it)");
        var chosen = choose(PromptSources.Load(options, seed)).ToList();
        if (chosen.Count == 0)
            throw new UserError($"{kind}: none of the prompts of {options.Source} is on the side that is wanted; prompts.heldOut is {options.HeldOut}");
        RunJson.WriteLines(folder.PromptsFile, chosen);
        return Materialized(InputNames.Prompts, folder, folder.PromptsFile);
    }

    /// <summary>The first <paramref name="count"/> training prompts; 0 takes all.</summary>
    public static IEnumerable<PromptLine> Train(PromptSet set, int count) =>
        set.Train.Take(count == 0 ? int.MaxValue : count).Select(p => new PromptLine(p));

    /// <summary>The first <paramref name="count"/> held-out prompts; 0 takes all.</summary>
    public static IEnumerable<PromptLine> HeldOut(PromptSet set, int count) =>
        set.HeldOut.Take(count == 0 ? int.MaxValue : count).Select(p => new PromptLine(p, HeldOut: true));

    /// <summary>Text to train on, in a file of the run.</summary>
    public static RunInput Text(RunFolder folder, IEnumerable<TextLine> lines)
    {
        RunJson.WriteLines(folder.TextFile, lines);
        return Materialized(InputNames.Text, folder, folder.TextFile);
    }

    private static RunInput Materialized(string name, RunFolder folder, string file) =>
        new(name, Path.GetRelativePath(folder.Path, file), InputHash.Compute(file));
}
