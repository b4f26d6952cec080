using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Changes;

namespace Rlhf.LabelingUi.Features.Events;

/// <summary>
/// <c>GET /api/v1/events</c>: the change feed as server-sent events. <c>?pipelineRun=</c>, <c>?run=</c> and <c>?project=</c>
/// narrow it down; <c>Last-Event-ID</c> (or <c>?after=</c>) resumes after the event with that number.
/// </summary>
internal static class EventsApi
{
    public const string Address = "/api/v1/events";

    /// <summary>A comment this often tells proxies and clients that the connection lives.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Address, Subscribe)
        .RequireAuthorization(Policies.Follow).WithTags("Events").WithSummary("The change feed, as server-sent events.");

    private static ServerSentEventsResult<Change> Subscribe(
        ChangeFeed feed, TimeProvider clock, IHostApplicationLifetime lifetime, HttpContext context)
    {
        Guid? pipelineRun = QueryValues.Id(context, "pipelineRun"), run = QueryValues.Id(context, "run");
        string? project = QueryValues.Id(context, "project")?.ToString();
        long? after = QueryValues.Number(context, "after", 0, long.MaxValue);
        if (long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out long last))
            after = last;
        // Runs are for researchers and for the programs that follow them.
        bool seesRuns = !context.User.IsSignedIn() || context.User.Role() >= AccountRole.Researcher;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        return TypedResults.ServerSentEvents(EventsAsync(feed, after, Matches, context.Response, clock, lifetime.ApplicationStopping));

        bool Matches(Change change) => change switch
        {
            { Type: ChangeTypes.CatchUp } => true,
            { Type: ChangeTypes.HubNotice, PipelineRunId: null } => seesRuns,
            _ => (seesRuns || (change.PipelineRunId is null && change.RunId is null))
                && (pipelineRun is null || change.PipelineRunId == pipelineRun) && (run is null || change.RunId == run)
                && (project is null || change.Payload["project"]?.ToJsonString().Trim('"') == project),
        };
    }

    /// <summary>Ends, without an error, when the client leaves or the server stops.</summary>
    private static async IAsyncEnumerable<SseItem<Change>> EventsAsync(
        ChangeFeed feed, long? after, Func<Change, bool> matches, HttpResponse response, TimeProvider clock,
        [EnumeratorCancellation] CancellationToken end)
    {
        await using var changes = feed.SubscribeAsync(after, end).GetAsyncEnumerator(end);
        var next = MoveNextAsync(changes);
        // Sends the headers, so that the client knows at once that it is subscribed.
        await CommentAsync(response);
        while (true)
        {
            while (!await CompletesWithinHeartbeatAsync(next, clock))
                await CommentAsync(response);
            if (!await next)
                yield break;
            if (matches(changes.Current))
            {
                yield return new SseItem<Change>(changes.Current, changes.Current.Type)
                {
                    EventId = changes.Current.Sequence.ToString(CultureInfo.InvariantCulture),
                };
            }
            next = MoveNextAsync(changes);
        }
    }

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<Change> changes)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool> CompletesWithinHeartbeatAsync(Task task, TimeProvider clock)
    {
        try
        {
            await task.WaitAsync(Heartbeat, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Between two events nothing else writes to the response.</summary>
    private static async Task CommentAsync(HttpResponse response)
    {
        await response.Body.WriteAsync(": \n\n"u8.ToArray());
        await response.Body.FlushAsync();
    }
}
