using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.LabelingUi.Features.Runs;

namespace Rlhf.LabelingUi.Tests.Runs;

public sealed class PipelinesApiTests
{
    private const string Token = "the-token";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<ServedHome> StartAsync()
    {
        var served = await ServedHome.StartAsync(new WebSettings(), builder =>
        {
            builder.Services.AddSingleton(new HubToken(Token));
            builder.Services.AddSingleton(new StageCatalog(new Dictionary<string, Type> { ["reward"] = typeof(RewardOptions) }));
        });
        served.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return served;
    }

    [Theory]
    [InlineData("POST", "", "{}", "body: 'definition' is missing")]
    [InlineData("POST", "", "{\"definition\":null}", "body: definition must be a text; got null")]
    [InlineData("POST", "", "{\"definition\":5}", "body: definition must be a text; got 5")]
    [InlineData("POST", "", "{\"definition\":\"{}\"}", "definition: not a resolved pipeline: 'name'")]
    [InlineData("POST", "", "{\"definition\":\"{\"}", "definition: not a resolved pipeline: not valid JSON at position 2: ")]
    [InlineData("POST", "", "{", "body: not valid JSON at position 2: ")]
    [InlineData("POST", "", "", "body: not valid JSON at position 1: ")]
    [InlineData("POST", "", "null", "body: must be an object; got null")]
    [InlineData("POST", "", "[1]", "body: the value must be an object; got [1]")]
    [InlineData("POST", "/latest/cancel", "{\"reason\":5}", "body: reason must be a text; got 5")]
    [InlineData("POST", "/latest/cancel", "null", "body: must be an object; got null")]
    [InlineData("GET", "?most=abc", null, "most must be a whole number from 1 to 1000; got 'abc'")]
    [InlineData("GET", "?most=0", null, "most must be a whole number from 1 to 1000; got '0'")]
    [InlineData("GET", "?most=1001", null, "most must be a whole number from 1 to 1000; got '1001'")]
    [InlineData("GET", "?unfinished=perhaps", null, "unfinished must be true or false; got 'perhaps'")]
    [InlineData("GET", "/../events?pipelineRun=nope", null, "pipelineRun must be an id such as ")]
    [InlineData("GET", "/../events?run=nope", null, "run must be an id such as ")]
    [InlineData("GET", "/../events?after=-1", null, "after must be a whole number of 0 or more; got '-1'")]
    public async Task A_bad_request_is_told_what_is_wrong(string method, string address, string? body, string detail)
    {
        await using var served = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/pipelines" + address);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await served.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
        Assert.StartsWith(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?most=1000&unfinished=true")]
    [InlineData("?most=1&unfinished=False")]
    public async Task The_list_is_answered_within_its_range(string query)
    {
        await using var served = await StartAsync();
        Assert.Equal("[]", await served.Client.GetStringAsync("/api/v1/pipelines" + query, Cancellation));
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("", 40_000_000)]
    [InlineData("/latest/cancel", 40_000_000)]
    [InlineData("/nothing/there", 2)]
    public async Task Without_the_token_the_answer_comes_before_the_body_is_read(string address, int length)
    {
        await using var served = await StartAsync();
        var server = served.Client.BaseAddress!;
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, Cancellation);
        // The head alone: a server that reads the body would wait for it.
        string head = string.Create(CultureInfo.InvariantCulture,
            $"POST /api/v1/pipelines{address} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {length}\r\n\r\n");
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancellation);
        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 401 Unauthorized", await reader.ReadLineAsync(Cancellation));
    }
}
