using Microsoft.Extensions.Hosting;
using Rlhf.LabelingUi;
using Rlhf.Storage;

namespace Rlhf.Cli.Output;

/// <summary>Shows the pages of a home folder in the browser of this machine until Ctrl+C: no one else reaches them.</summary>
internal static class ReportServer
{
    /// <param name="home">The home folder.</param>
    /// <param name="report">The report to point at, a file of the home folder.</param>
    public static async Task ServeAsync(Home home, string report, CancellationToken stop)
    {
        using var database = await RlhfDatabase.OpenAsync(home.Database, stop);
        // A port of the system's choice: two of these never quarrel.
        await using var app = LabelingServer.Build(home, database, "http://127.0.0.1:0");
        await LabelingServer.StartAsync(app, stop);
        Console.Out.WriteLine($"report: {app.Urls.First()}/reports/{Path.GetFileNameWithoutExtension(report)} (Ctrl+C ends)");
        await app.WaitForShutdownAsync(stop);
    }
}
