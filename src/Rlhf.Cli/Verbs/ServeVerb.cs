using System.CommandLine;
using Microsoft.Extensions.Hosting;
using Rlhf.LabelingUi;
using Rlhf.Storage;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf serve</c>: the pages of a home folder. This process loads no torch.</summary>
internal static class ServeVerb
{
    public static Command Create()
    {
        var home = PipelineOptions.Home();
        var urls = new Option<string>("--urls")
        {
            Description = "Where to listen, several addresses separated by semicolons. Other machines reach the pages only where this says so.",
            HelpName = "URL",
            DefaultValueFactory = _ => LabelingServer.DefaultAddress,
        };
        var command = new Command("serve", "Serve the pages: the runs of the home folder and their reports.") { home, urls };
        command.SetAction(async (parse, cancellation) =>
        {
            var folder = parse.OpenHome(home);
            using var database = await RlhfDatabase.OpenAsync(folder.Database, cancellation);
            await using var app = LabelingServer.Build(folder, database, parse.GetRequiredValue(urls));
            await LabelingServer.StartAsync(app, cancellation);
            Console.Out.WriteLine($"Rlhf: {string.Join(", ", app.Urls)} (home folder {folder.Root}; Ctrl+C ends it)");
            await app.WaitForShutdownAsync(cancellation);
            return CommandLine.Success;
        });
        return command;
    }
}
