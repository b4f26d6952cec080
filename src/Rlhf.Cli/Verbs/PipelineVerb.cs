using System.CommandLine;
using Rlhf.Cli.Output;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf pipeline run|list|status|follow|cancel|resume</c>.</summary>
internal static class PipelineVerb
{
    public static Command Create() => new("pipeline", "Runs pipelines, and looks after those that are under way.")
    {
        Run(), PipelineRunsVerbs.List(), PipelineRunsVerbs.Status(), PipelineRunsVerbs.Follow(), PipelineRunsVerbs.Cancel(),
        PipelineRunsVerbs.Resume(),
    };

    private static Command Run()
    {
        var file = new Argument<string>("FILE") { Description = "A pipeline: a YAML file such as those in pipelines/." };
        var set = PipelineOptions.Set();
        var home = PipelineOptions.Home();
        var bus = PipelineOptions.Bus();
        var json = PipelineOptions.Json();
        var run = new Command("run", "Runs the stages of a pipeline file, each as a child process, and writes a report. "
            + "Where a hub runs on the home folder already (rlhf serve), the pipeline is handed to it and followed.")
        {
            file, set, home, bus, json,
        };
        run.SetAction(async (parse, stop) =>
        {
            var pipeline = PipelineFile.Load(parse.GetRequiredValue(file), StageTable.Catalog.Options, parse.GetValue(set) ?? []);
            await PipelineCommand.RunAsync(pipeline, parse.OpenHome(home), parse.Address(bus), parse.GetValue(json), stop);
            return CommandLine.Success;
        });
        return run;
    }
}
