using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rlhf.Cli.Hosting;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Cli.Tests.Hosting;

public sealed class HubClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// What happens between a command's first question and its subscription has no event any more: a command that waited for one
    /// would be silent for as long as people rank.
    /// </summary>
    [Fact]
    public async Task What_no_event_tells_is_told_by_the_rows()
    {
        var states = new Queue<RunState>([RunState.Running, RunState.Waiting, RunState.Succeeded]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapGet("/api/v1/pipelines/{id}", (Guid id) => Results.Json(
            new PipelineStatus(id, "people", states.Dequeue(), null, DateTimeOffset.UnixEpoch, null, null, null, [], []), HubClient.Json));
        // A stream of events without any.
        app.MapGet("/api/v1/events", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.StartAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await app.StartAsync(Cancellation);

        using var client = new HubClient(new HubAddressFile(app.Urls.Single(), "token", Environment.ProcessId));
        var told = new List<RunState>();
        await foreach (var (change, status) in client.FollowAsync(Guid.NewGuid(), Cancellation))
        {
            Assert.Null(change);
            told.Add(status!.State);
        }
        Assert.Equal([RunState.Running, RunState.Waiting, RunState.Succeeded], told);
    }
}
