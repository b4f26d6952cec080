using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>The token of the running hub, known only to those who may read the home folder.</summary>
public sealed record HubToken(string Value)
{
    /// <summary>Whether this is the token of the hub that answers.</summary>
    internal static bool IsKnown(HttpContext context, string token) =>
        context.RequestServices.GetService(typeof(HubToken)) is HubToken known
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(known.Value));
}

/// <param name="Definition">The resolved pipeline as JSON.</param>
/// <param name="Command">The command that makes the same again.</param>
/// <param name="CreatedBy">Who starts it.</param>
public sealed record StartPipelineRequest(string Definition, string? Command = null, string? CreatedBy = null);

public sealed record StartedPipeline(Guid Id);

public sealed record CancelPipelineRequest(string? Reason = null);

/// <summary><c>/api/v1/pipelines</c>: pipeline runs of the home folder, for clients with the hub's token.</summary>
internal static class PipelinesApi
{
    private const string Address = "/api/v1/pipelines";

    private const int MaxListed = 1000, DefaultListed = 50;

    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(Address).DisableAntiforgery().AllowAnonymous().ExcludeFromDescription();
        group.MapPost("", StartAsync);
        group.MapGet("", (HttpContext context, PipelineRuns runs, CancellationToken stop) => runs.ListAsync(
            (int)(QueryValues.Number(context, "most", 1, MaxListed) ?? DefaultListed), QueryValues.Flag(context, "unfinished"), stop));
        group.MapGet("{id}", (string id, PipelineRuns runs, CancellationToken stop) => AnswerAsync(runs, id, stop));
        group.MapPost("{id}/cancel", CancelAsync);
        group.MapPost("{id}/resume", (string id, PipelineRuns runs, CancellationToken stop) =>
            ChangeAsync(runs, id, run => runs.ResumeAsync(run, stop), "is under way or has succeeded: there is nothing to resume", stop));
    }

    /// <summary>
    /// Refuses clients that do not know the token, before anything of their request is read: the parameters of an endpoint are bound,
    /// and its body is read, before the endpoint's own filters run.
    /// </summary>
    public static void RequireToken(IApplicationBuilder app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments(Address),
        api => api.Use((context, next) => KnowsToken(context) ? next(context) : TypedResults.Problem(
            "the token of the hub is needed; it lies in hub.json of the home folder", statusCode: StatusCodes.Status401Unauthorized)
            .ExecuteAsync(context)));

    private static async Task<IResult> StartAsync(
        HttpContext context, PipelineRuns runs, [FromServices] StageCatalog catalog, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<StartPipelineRequest>(context);
        try
        {
            var pipeline = PipelineFile.FromJson(request.Definition, catalog.Options, "definition");
            var id = await runs.StartAsync(pipeline.Name, request.Definition, request.Command, request.CreatedBy, stop);
            return TypedResults.Created($"{Address}/{id}", new StartedPipeline(id));
        }
        catch (UserError e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> CancelAsync(HttpContext context, string id, PipelineRuns runs, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<CancelPipelineRequest>(context);
        return await ChangeAsync(runs, id, run => runs.CancelAsync(run, request.Reason ?? "cancelled", stop),
            "has ended already: there is nothing to cancel", stop);
    }

    private static async Task<IResult> AnswerAsync(PipelineRuns runs, string id, CancellationToken stop)
    {
        try
        {
            return TypedResults.Ok(await runs.GetAsync(await runs.ResolveAsync(id, stop), stop));
        }
        catch (UserError e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status404NotFound);
        }
    }

    private static async Task<IResult> ChangeAsync(
        PipelineRuns runs, string id, Func<Guid, Task<bool>> change, string otherwise, CancellationToken stop)
    {
        try
        {
            var run = await runs.ResolveAsync(id, stop);
            return await change(run)
                ? TypedResults.Ok(await runs.GetAsync(run, stop))
                : TypedResults.Problem($"pipeline run {run} {otherwise}", statusCode: StatusCodes.Status409Conflict);
        }
        catch (UserError e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status404NotFound);
        }
    }

    private static bool KnowsToken(HttpContext context)
    {
        string? given = context.Request.Headers.Authorization;
        const string scheme = "Bearer ";
        return given is not null && given.StartsWith(scheme, StringComparison.Ordinal) && HubToken.IsKnown(context, given[scheme.Length..]);
    }
}
