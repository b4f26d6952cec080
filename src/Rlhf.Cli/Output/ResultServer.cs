using Microsoft.Extensions.Hosting;
using Rlhf.Cli.Hosting;
using Rlhf.Core;
using Rlhf.LabelingUi;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Reports;
using Rlhf.Storage;

namespace Rlhf.Cli.Output;

/// <summary>Serves the home folder after a command has ended, until Ctrl+C: its report, and its project to rank in the browser.</summary>
internal static class ResultServer
{
    /// <param name="home">The home folder.</param>
    /// <param name="summary">What to point at.</param>
    /// <param name="stop">Ctrl+C.</param>
    public static async Task ServeAsync(Home home, PipelineSummary summary, CancellationToken stop)
    {
        if (await HubConnection.TryConnectAsync(home, stop) is { } running)
        {
            using (running)
                WriteLinks(running.Address.Url, summary);
            return;
        }
        var homeLock = HomeLock.TryTake(home) ?? throw new UserError($"{home.Root}: a hub is starting or ending there");
        await using var host = await HubHost.StartAsync(home, homeLock, Options(), stop);
        WriteLinks(host.Address.Url, summary);
        // Whoever has no account yet makes one, and goes on to what they came for.
        await FirstAdminLink.WriteAsync(host.Application, host.Address.Url, FirstPage(summary), stop);
        Console.Out.WriteLine("(Ctrl+C ends; rlhf serve shows the same again)");
        await host.Application.WaitForShutdownAsync(stop);
    }

    private static void WriteLinks(string url, PipelineSummary summary)
    {
        if (summary.Report is { } report)
            Console.Out.WriteLine($"report: {url}/reports/{Path.GetFileNameWithoutExtension(report)}");
        if (summary.LabelingProject is { } project)
        {
            Console.Out.WriteLine($"rank them yourself: {url}/label/{project}");
            Console.Out.WriteLine($"and train a reward model on your rankings: {url}/projects/{project}");
        }
    }

    private static string? FirstPage(PipelineSummary summary) =>
        summary.LabelingProject is { } project ? $"/label/{project}"
        : summary.Report is { } report ? $"/reports/{Path.GetFileNameWithoutExtension(report)}"
        : null;

    /// <summary>The address of rlhf serve, so that links stay good; another one where a program listens there.</summary>
    private static HubHostOptions Options()
    {
        var options = HubHostOptions.ForCommand(broker: null);
        try
        {
            LabelingServer.EnsureFree(LabelingServer.DefaultAddress);
            return options with { Urls = LabelingServer.DefaultAddress };
        }
        catch (UserError)
        {
            return options;
        }
    }
}
