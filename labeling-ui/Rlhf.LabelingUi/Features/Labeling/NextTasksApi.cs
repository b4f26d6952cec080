using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <param name="Count">
/// How many tasks to hold at once; the project's limit at most. With it the answer is a list, without it one task.
/// </param>
public sealed record NextRequest(int? Count = null);

/// <summary><c>POST /projects/{id}/next</c>: the next tasks of whoever asks.</summary>
internal static class NextTasksApi
{
    /// <summary>Why fewer tasks came than were asked for: empty, complete, allDone, seatsTaken, qualification or closed.</summary>
    public const string WaitingHeader = "Rlhf-Waiting";

    /// <summary>When the next seat may come free, where the reason is seatsTaken: a time as in JSON.</summary>
    public const string UntilHeader = "Rlhf-Waiting-Until";

    private const int MaxCount = 50;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapApi(Policies.Annotator, "Labeling")
        .MapPost("/projects/{project:guid}/next", NextAsync).Reads<NextRequest>(optional: true).Answers<ShownTask>().AnswersNothing()
        .Describe("Take the next tasks", $"""
            Gives the oldest task that you hold, or the next one, under a lease; with `count` a list of what you hold, filled up to
            `count`. Asking again changes nothing but renews the leases. 204 where there is none: `{WaitingHeader}` says why (empty,
            complete, allDone, seatsTaken or qualification), and with seatsTaken `{UntilHeader}` and `Retry-After` say when a seat may
            come free. 403 with the reason where you are paused or excluded, and where the project is closed and you hold nothing of it;
            what you hold is given and taken, with the reason closed.
            """, "{}", """
            {"assignmentId": "0199f0a4-2d3e-7c1b-9a55-3a4f5b6c7d8e", "taskId": "0199f0a3-11aa-7b1c-8d2e-4f5a6b7c8d9e",
             "prompt": "What is a lease?", "completions": [{"id": "c1", "text": "A seat for a while."}, {"id": "c2", "text": "A dog."}],
             "leaseExpires": "2026-11-26T09:30:00Z", "version": 1}
            """);

    private static async Task<IResult> NextAsync(
        Guid project, HttpContext context, ClaimsPrincipal user, LabelingService labeling, TimeProvider clock, CancellationToken stop)
    {
        int? count = (await JsonBody.ReadOptionalAsync<NextRequest>(context))?.Count;
        if (count is < 1 or > MaxCount)
            throw new UserError($"count must be a whole number from 1 to {MaxCount}; got {count}") { Field = "count" };
        var outcome = await labeling.LeaseAsync(user.AnnotatorId(), project, count ?? 1, cancellation: stop);
        if (outcome.Waiting is { } waiting)
            AddWaiting(context.Response, waiting, clock.GetUtcNow());
        return outcome.Tasks.Count == 0 ? TypedResults.NoContent()
            : count is null ? ApiRoutes.Json(ShownTask.From(outcome.Tasks[0]))
            : ApiRoutes.Json(outcome.Tasks.Select(ShownTask.From).ToList());
    }

    /// <summary>An answer without tasks has no body, so that the reason stands in its headers.</summary>
    private static void AddWaiting(HttpResponse response, Waiting waiting, DateTimeOffset now)
    {
        response.Headers[WaitingHeader] = JsonNamingPolicy.CamelCase.ConvertName(waiting.Reason.ToString());
        if (waiting.Until is not { } until)
            return;
        response.Headers[UntilHeader] = until.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling((until - now).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }
}
