using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Shell.Requests;

namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>What all endpoints of the API have in common.</summary>
internal static class ApiRoutes
{
    public const string Root = "/api/v1";

    private static readonly int[] Refusals =
    [
        StatusCodes.Status400BadRequest, StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound,
    ];

    /// <summary>Endpoints below <see cref="Root"/> for accounts that a policy allows, with refusals as problem details.</summary>
    /// <param name="routes">The application.</param>
    /// <param name="policy">One of <see cref="Features.Account.Access.Policies"/>.</param>
    /// <param name="tag">What the OpenAPI document groups them under.</param>
    public static RouteGroupBuilder MapApi(this IEndpointRouteBuilder routes, string policy, string tag)
    {
        var group = routes.MapGroup(Root).RequireAuthorization(policy).WithTags(tag);
        group.AddEndpointFilter(new RefusalFilter());
        foreach (int status in Refusals)
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
        return group;
    }

    /// <summary>A value as JSON of the API.</summary>
    public static JsonHttpResult<T> Json<T>(T value, int? status = null) => TypedResults.Json(value, ApiJson.Settings, statusCode: status);

    /// <summary>What a request made: 201 with its address, below <see cref="Root"/>.</summary>
    public static JsonHttpResult<T> Created<T>(HttpContext context, string address, T value)
    {
        context.Response.Headers.Location = context.Request.PathBase + Root + address;
        return Json(value, StatusCodes.Status201Created);
    }
}
