using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>Examples of an endpoint for the OpenAPI document.</summary>
/// <param name="Request">The body of a request, as JSON.</param>
/// <param name="Response">The body of a good answer, as JSON.</param>
internal sealed record ApiExample(string? Request, string? Response = null)
{
    private const string Json = "application/json";

    public static void Add(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var example = context.Description.ActionDescriptor.EndpointMetadata.OfType<ApiExample>().LastOrDefault();
        if (example?.Request is { } request && operation.RequestBody?.Content?.TryGetValue(Json, out var sent) == true)
            sent.Example = JsonNode.Parse(request);
        if (example?.Response is { } response && operation.Responses?.FirstOrDefault(r => r.Key is "200" or "201").Value is { } good
            && good.Content?.TryGetValue(Json, out var received) == true)
            received.Example = JsonNode.Parse(response);
    }
}

/// <summary>What the OpenAPI document says of an endpoint.</summary>
internal static class ApiDescriptions
{
    private const string Json = "application/json";

    /// <param name="endpoint">The endpoint.</param>
    /// <param name="summary">What it does, in one line.</param>
    /// <param name="description">More, in Markdown.</param>
    /// <param name="request">An example of a body, as JSON.</param>
    /// <param name="response">An example of a good answer, as JSON.</param>
    public static RouteHandlerBuilder Describe(
        this RouteHandlerBuilder endpoint, string summary, string? description = null, string? request = null, string? response = null)
    {
        endpoint.WithSummary(summary).WithMetadata(new ApiExample(request, response));
        return description is null ? endpoint : endpoint.WithDescription(description);
    }

    /// <summary>The body that it reads.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder endpoint, bool optional = false) where T : notnull =>
        endpoint.Accepts<T>(optional, Json);

    /// <summary>What it answers.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status = StatusCodes.Status200OK) =>
        endpoint.Produces<T>(status, Json);

    /// <summary>That it answers without a body.</summary>
    public static RouteHandlerBuilder AnswersNothing(this RouteHandlerBuilder endpoint) =>
        endpoint.Produces(StatusCodes.Status204NoContent);

    /// <summary>That the present state may forbid it.</summary>
    public static RouteHandlerBuilder MayConflict(this RouteHandlerBuilder endpoint) =>
        endpoint.ProducesProblem(StatusCodes.Status409Conflict);
}
