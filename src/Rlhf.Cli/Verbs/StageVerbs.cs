using System.CommandLine;
using Rlhf.Cli.Output;
using Rlhf.Core.Options;
using Rlhf.Definitions;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Cli.Verbs;

/// <summary>One verb for each stage: the stage alone, its inputs named by its options.</summary>
internal static class StageVerbs
{
    private static readonly Dictionary<string, string> Descriptions = new(StringComparer.Ordinal)
    {
        [RunKinds.Pretrain] = "Pretrains a policy, and its tokenizer, from text.",
        [RunKinds.Sft] = "Fine-tunes a policy on prompts with completions.",
        [RunKinds.Candidates] = "Samples K completions for each prompt.",
        [RunKinds.Collect] = "Has candidates ranked by simulated annotators, or imports rankings; fixes a dataset version.",
        [RunKinds.Reward] = "Trains a reward model on rankings.",
        [RunKinds.Ppo] = "Trains a policy against a reward model (PPO).",
        [RunKinds.Evaluate] = "Compares a trained policy with the one it started from, on held-out prompts.",
    };

    public static IEnumerable<Command> Create() => StageKinds.Options.Keys.Select(Create);

    private static Command Create(string kind)
    {
        var config = new Option<string?>("--config") { Description = $"A YAML file with the options of {kind}; options that are left out have their defaults.", HelpName = "FILE" };
        var set = PipelineOptions.Set();
        var home = PipelineOptions.Home();
        var bus = PipelineOptions.Bus();
        var json = PipelineOptions.Json();
        var command = new Command(kind, Descriptions[kind]) { config, set, home, bus, json };
        command.SetAction(async (parse, stop) =>
        {
            string? path = parse.GetValue(config);
            var options = (StageOptions)OptionsFile.Bind(StageKinds.Options[kind], path, parse.GetValue(set) ?? []);
            var pipeline = new PipelineFile { Name = kind, Seed = options.Seed, Stages = [new PipelineStage(kind, options)] };
            await PipelineCommand.RunAsync(pipeline, path, parse.OpenHome(home), parse.Address(bus), parse.GetValue(json), stop);
            return CommandLine.Success;
        });
        return command;
    }
}
