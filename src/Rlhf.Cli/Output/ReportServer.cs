using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rlhf.Cli.Output;

/// <summary>Shows a report in the browser of this machine until Ctrl+C: no one else reaches it.</summary>
internal static class ReportServer
{
    public static async Task ServeAsync(string report, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        // A port of the system's choice: two of these never quarrel.
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/", () => Results.File(report, "text/html; charset=utf-8"));
        await app.StartAsync(stop).ConfigureAwait(false);
        Console.Out.WriteLine($"report: {app.Urls.First()} (Ctrl+C ends)");
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
