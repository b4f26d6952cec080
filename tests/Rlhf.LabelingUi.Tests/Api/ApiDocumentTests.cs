using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Tests.Labeling;

namespace Rlhf.LabelingUi.Tests.Api;

/// <summary>The OpenAPI document and the page that shows it.</summary>
public sealed class ApiDocumentTests
{
    private static readonly string[] Tags = ["Projects", "Tasks", "Labeling", "Annotations", "Reviews", "Members", "Datasets"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_call_of_labeling_is_described_with_its_answers_and_refusals()
    {
        await using var home = await LabelingHome.StartAsync();
        using var document = JsonDocument.Parse(await home.Served.NewClient().GetStringAsync("/openapi/v1.json", Cancellation));
        Assert.StartsWith("3.", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var paths = document.RootElement.GetProperty("paths");
        var calls = home.Served.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ITagsMetadata>()?.Tags.Any(Tags.Contains) == true)
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(method => (Method: method.ToLowerInvariant(), Path: Plain(endpoint.RoutePattern.RawText!))))
            .ToList();
        Assert.True(calls.Count >= 28, $"{calls.Count} calls");
        foreach (var (method, path) in calls)
        {
            Assert.True(paths.TryGetProperty(path, out var item), path);
            var operation = item.GetProperty(method);
            Assert.False(string.IsNullOrWhiteSpace(operation.GetProperty("summary").GetString()), $"{method} {path}");
            var answers = operation.GetProperty("responses").EnumerateObject().Select(r => r.Name).ToList();
            Assert.Contains(answers, status => status.StartsWith('2'));
            Assert.Superset(new HashSet<string> { "400", "401", "403", "404" }, answers.ToHashSet());
        }
    }

    [Fact]
    public async Task Bodies_have_the_shapes_and_examples_that_the_API_takes()
    {
        await using var home = await LabelingHome.StartAsync();
        using var document = JsonDocument.Parse(await home.Served.NewClient().GetStringAsync("/openapi/v1.json", Cancellation));
        var root = document.RootElement;
        var schemas = root.GetProperty("components").GetProperty("schemas");
        Assert.Equal(["ranking", "pairwise"],
            schemas.GetProperty("SimpleQuestion").GetProperty("enum").EnumerateArray().Select(name => name.GetString()));
        var task = schemas.GetProperty("TaskBody");
        Assert.Equal(["prompt", "completions"], task.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Contains("A text (one message of the user), or a list of messages.", root.ToString(), StringComparison.Ordinal);
        var submit = root.GetProperty("paths").GetProperty("/api/v1/assignments/{assignment}/annotation").GetProperty("post");
        Assert.Equal(["200", "201", "400", "401", "403", "404", "409", "422"],
            submit.GetProperty("responses").EnumerateObject().Select(r => r.Name).Order(StringComparer.Ordinal));
        Assert.Equal("c2", submit.GetProperty("requestBody").GetProperty("content").GetProperty("application/json")
            .GetProperty("example").GetProperty("ranking")[0][0].GetString());
        Assert.Equal("bearer", root.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer")
            .GetProperty("scheme").GetString());
    }

    [Fact]
    public async Task The_page_shows_every_call_without_a_script_of_its_own()
    {
        await using var home = await LabelingHome.StartAsync();
        using var answer = await home.Served.NewClient().GetAsync("/api", Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        string html = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("<h1>API</h1>", html, StringComparison.Ordinal);
        Assert.Contains("/api/v1/projects/{project}/next", html, StringComparison.Ordinal);
        Assert.Contains("Take the next tasks", html, StringComparison.Ordinal);
        Assert.Contains("<code>Idempotency-Key</code>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
    }

    /// <summary>The path of a route without its constraints.</summary>
    private static string Plain(string route) =>
        "/" + System.Text.RegularExpressions.Regex.Replace(route.TrimStart('/'), @"\{(\w+):\w+\}", "{$1}");
}
