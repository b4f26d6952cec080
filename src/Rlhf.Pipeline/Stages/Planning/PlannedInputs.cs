using System.Globalization;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Simulation.Prompts;

namespace Rlhf.Pipeline.Stages.Planning;

/// <summary>The inputs that stages have in common: checked, materialized into the run's folder, and hashed. Loads no torch.</summary>
public static class PlannedInputs
{
    public static RunInput Policy(StageInputs inputs) => Checkpoint(InputNames.Policy,
        StageInputs.Required(inputs.Policy, "model", "the folder of a policy (config.json, model.safetensors, tokenizer.json)"));

    public static RunInput TrainedPolicy(StageInputs inputs) => Checkpoint(InputNames.TrainedPolicy,
        StageInputs.Required(inputs.TrainedPolicy, "policy", "the folder of the trained policy"));

    public static RunInput RewardModel(StageInputs inputs) => Checkpoint(InputNames.RewardModel,
        StageInputs.Required(inputs.RewardModel, "rewardModel", "the folder of a reward model"));

    public static RunInput Checkpoint(string name, string path) => File.Exists(Path.Combine(path, "config.json"))
        ? new RunInput(name, path, InputHash.Compute(path))
        : throw new UserError($"{path}: no config.json there: not the folder of a model. "
            + "Any Hugging Face folder of a supported family will do: one from https://huggingface.co, or one that `rlhf pretrain` made");

    /// <summary>A file of candidates, read where it lies.</summary>
    public static RunInput Candidates(StageInputs inputs)
    {
        string path = StageInputs.Required(
            inputs.Candidates, "candidates", "a candidates.jsonl ('data' would name rankings that exist already)");
        return new RunInput(InputNames.Candidates, path, InputHash.Compute(path));
    }

    /// <summary>A file with the weights of prompts, read where it lies.</summary>
    public static RunInput Weights(string path)
    {
        // Before anything is collected.
        PromptWeights.Read(path);
        return new RunInput(InputNames.Weights, path, InputHash.Compute(path));
    }

    /// <summary>A copy of the rankings in the run's folder.</summary>
    public static RunInput Rankings(RunFolder folder, StageInputs inputs)
    {
        string path = StageInputs.Required(inputs.Rankings, "rankings", "a rankings.jsonl");
        if (!File.Exists(path))
            throw new UserError($"{path}: no such file; rankings.jsonl is what a collect run writes");
        RegularFile.Check(path);
        // Here, where the file still has the name that the user knows.
        foreach (var _ in RankingsReader.Read(path))
        {
        }
        if (Path.GetFullPath(path) != folder.RankingsFile)
            File.Copy(path, folder.RankingsFile, overwrite: true);
        return Materialized(InputNames.Rankings, folder, folder.RankingsFile);
    }

    /// <summary>The prompts that <paramref name="choose"/> takes from the pipeline's source, in a file of the run.</summary>
    public static RunInput Prompts(RunFolder folder, StageInputs inputs, Func<PromptSet, IEnumerable<PromptLine>> choose)
    {
        var (options, seed) = inputs.Prompts
            ?? throw StageInputs.Missing("prompts.source", $"where prompts come from ({string.Join(", ", PromptSources.Names)} or a file)");
        var chosen = choose(PromptSources.Load(options, seed)).ToList();
        if (chosen.Count == 0)
        {
            string share = options.HeldOut.ToString(CultureInfo.InvariantCulture);
            throw new UserError($"none of the prompts of {options.Source} is on the side that is needed (prompts.heldOut: {share}); "
                + "give more prompts or another share");
        }
        RunJson.WriteLines(folder.PromptsFile, chosen);
        return Materialized(InputNames.Prompts, folder, folder.PromptsFile);
    }

    /// <summary>
    /// The first <paramref name="count"/> training prompts, in later rounds those that follow the ones of the round before, from the
    /// beginning again where there are no more; 0 takes all.
    /// </summary>
    public static IEnumerable<PromptLine> Train(PromptSet set, int count, int round = 1)
    {
        int all = set.Train.Count;
        if (count == 0 || count >= all)
            return set.Train.Select(p => new PromptLine(p));
        long first = (long)(round - 1) * count;
        return Enumerable.Range(0, count).Select(i => new PromptLine(set.Train[(int)((first + i) % all)]));
    }

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
