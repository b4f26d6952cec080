using Microsoft.Extensions.Hosting;
using Rlhf.Cli.Hosting;
using Rlhf.Core;
using Rlhf.Pipeline.Hub;
using Rlhf.Storage;

namespace Rlhf.Cli.Output;

/// <summary>Serves the home folder on an address of this machine after a command has ended, until Ctrl+C.</summary>
internal static class ReportServer
{
    /// <param name="home">The home folder.</param>
    /// <param name="report">The report to point at, a file of the home folder.</param>
    /// <param name="stop">Ctrl+C.</param>
    public static async Task ServeAsync(Home home, string report, CancellationToken stop)
    {
        string name = Path.GetFileNameWithoutExtension(report);
        if (await HubConnection.TryConnectAsync(home, stop) is { } running)
        {
            using (running)
                Console.Out.WriteLine($"report: {running.Address.Url}/reports/{name}");
            return;
        }
        var homeLock = HomeLock.TryTake(home) ?? throw new UserError($"{home.Root}: a hub is starting or ending there");
        await using var host = await HubHost.StartAsync(home, homeLock, HubHostOptions.ForCommand(broker: null), stop);
        Console.Out.WriteLine($"report: {host.Address.Url}/reports/{name} (Ctrl+C ends)");
        await host.Application.WaitForShutdownAsync(stop);
    }
}
