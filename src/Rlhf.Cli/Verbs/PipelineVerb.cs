using System.CommandLine;
using Rlhf.Cli.Output;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf pipeline run FILE</c>: the stages of a YAML file, one after another.</summary>
internal static class PipelineVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A pipeline: a YAML file such as those in pipelines/." };
        var set = PipelineOptions.Set();
        var home = PipelineOptions.Home();
        var bus = PipelineOptions.Bus();
        var json = PipelineOptions.Json();
        var run = new Command("run", "Runs the stages of a pipeline file, each as a child process, and writes a report.") { file, set, home, bus, json };
        run.SetAction(async (parse, stop) =>
        {
            string path = parse.GetRequiredValue(file);
            var pipeline = PipelineFile.Load(path, StageTable.Catalog.Options, parse.GetValue(set) ?? []);
            await PipelineCommand.RunAsync(pipeline, path, parse.OpenHome(home), parse.Address(bus), parse.GetValue(json), stop);
            return CommandLine.Success;
        });
        return new Command("pipeline", "Runs pipelines.") { run };
    }
}
