using System.CommandLine;
using Rlhf.Cli.Output;
using Rlhf.Core.Options;
using Rlhf.Definitions;
using Rlhf.Definitions.Pipelines;
using Rlhf.Definitions.Templates;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Cli.Verbs;

/// <summary>One verb for each row of the table of stages: the stage alone, its inputs named by its options.</summary>
internal static class StageVerbs
{
    public static IEnumerable<Command> Create() => StageTable.All.Select(Create);

    private static StageCommand Create(StageDefinition stage)
    {
        string kind = stage.Kind;
        var config = new Option<string?>("--config")
        {
            Description = $"A YAML file with the options of {kind}; options that are left out have their defaults.",
            HelpName = "FILE",
        };
        var set = PipelineOptions.Set();
        var home = PipelineOptions.Home();
        var bus = PipelineOptions.Bus();
        var json = PipelineOptions.Json();
        var command = new StageCommand(stage) { config, set, home, bus, json };
        command.SetAction(async (parse, stop) =>
        {
            string? path = parse.GetValue(config);
            var options = LabelTemplates.Fill((StageOptions)OptionsFile.Bind(stage.OptionsType, path, parse.GetValue(set) ?? []));
            ulong seed = (options as SeededOptions)?.Seed ?? new PipelineHeader().Seed;
            var pipeline = new PipelineFile { Name = kind, Seed = seed, Stages = [new PipelineStage(kind, options)] };
            await PipelineCommand.RunAsync(pipeline, parse.OpenHome(home), parse.Address(bus), parse.GetValue(json), stop);
            return CommandLine.Success;
        });
        return command;
    }
}

/// <summary>The verb of a stage; its help shows the stage's options too.</summary>
internal sealed class StageCommand(StageDefinition stage) : Command(stage.Kind, stage.Summary)
{
    public Type OptionsType => stage.OptionsType;
}
