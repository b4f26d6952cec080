using System.CommandLine;
using System.Globalization;
using Rlhf.Cli.Output;
using Rlhf.Cli.Parsing;
using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.LabelingUi;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf quickstart</c>: the whole loop on the policy that ships with the program, by pipelines/quickstart.yaml.</summary>
internal static class QuickstartVerb
{
    public static Command Create()
    {
        var home = PipelineOptions.Home();
        var seed = NumberOptions.Seed("The root seed: the same seed gives the same policy, to the last byte.");
        var set = PipelineOptions.Set();
        var noServe = new Option<bool>("--no-serve")
        {
            Description = "Ends after the result, instead of serving the pages until Ctrl+C (on a terminal).",
        };
        var json = PipelineOptions.Json();
        var command = new Command(
            "quickstart", "Runs the whole loop on the bundled policy: candidates, rankings, reward model, PPO, evaluation, report.")
        {
            home, seed, set, noServe, json,
        };
        command.SetAction(async (parse, stop) =>
        {
            string path = ShippedFile("quickstart.yaml");
            string seeded = "seed=" + parse.GetValue(seed).ToString(CultureInfo.InvariantCulture);
            var pipeline = PipelineFile.Load(path, StageTable.Catalog.Options, [seeded, .. parse.GetValue(set) ?? []]);
            var folder = parse.OpenHome(home);
            var summary = await PipelineCommand.RunAsync(pipeline, folder, bus: null, parse.GetValue(json), stop);
            if (parse.GetValue(json))
                return CommandLine.Success;
            // Only where someone sits before it: a script must never hang.
            bool attended = !Console.IsOutputRedirected && !Console.IsInputRedirected;
            if (attended && !parse.GetValue(noServe))
                await ResultServer.ServeAsync(folder, summary, stop);
            else if (summary.LabelingProject is { } project)
                Console.Out.WriteLine($"rank them yourself: rlhf serve --home {ReproduceCommand.Quote(folder.Root)}, "
                    + $"then {LabelingServer.DefaultAddress}/label/{project}");
            return CommandLine.Success;
        });
        return command;
    }

    /// <summary>A file that lies beside the program.</summary>
    private static string ShippedFile(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "pipelines", name);
        return File.Exists(path) ? path : throw new UserError($"{path}: is missing from this installation; build the program again");
    }
}
