using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Rlhf.LabelingUi.Tests.Operation;

public sealed class ErrorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_that_fails_answers_with_a_page_and_logs_the_reason_under_its_id()
    {
        using var log = new LogLines();
        await using var served =
            await ServedHome.StartAsync(new WebSettings(), builder => builder.Logging.ClearProviders().AddProvider(log));
        await BreakAsync(served);
        using var answer = await served.Client.GetAsync("/runs", Cancellation);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
        string html = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("This page failed", html);
        Assert.DoesNotContain("SqliteException", html);
        Assert.DoesNotContain("   at ", html);
        string id = Regex.Match(html, "<code>([0-9a-f]{8})</code>").Groups[1].Value;
        string line = Assert.Single(log.Lines, line => line.Contains("failed", StringComparison.Ordinal));
        Assert.Contains(id, line);
        Assert.NotEqual("", id);
        Assert.Contains("SqliteException", line);
    }

    [Fact]
    public async Task An_API_that_fails_answers_with_problem_details_and_the_id()
    {
        using var log = new LogLines();
        await using var served =
            await ServedHome.StartAsync(new WebSettings(), builder => builder.Logging.ClearProviders().AddProvider(log),
            app => app.MapGet("/api/v1/broken", string () => throw new InvalidOperationException("a secret of the inside")));
        var problem = await ProblemAsync(await SendAsync(served, HttpMethod.Get, "/api/v1/broken"), HttpStatusCode.InternalServerError);
        string id = problem.GetProperty("errorId").GetString()!;
        Assert.Contains(id, problem.GetProperty("detail").GetString());
        Assert.DoesNotContain("secret", problem.ToString());
        Assert.Contains(log.Lines, line => line.Contains(id, StringComparison.Ordinal)
            && line.Contains("a secret of the inside", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/nothing", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/api/v1/events", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/api/v1/events?run=none", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/api/v1/numbers", HttpStatusCode.UnsupportedMediaType)]
    public async Task Refusals_of_the_API_are_problem_details_whatever_the_client_accepts(
        string method, string address, HttpStatusCode expected)
    {
        await using var served =
            await ServedHome.StartAsync(new WebSettings(), map: app => app.MapPost("/api/v1/numbers", (int[] numbers) => numbers.Length));
        var problem = await ProblemAsync(await SendAsync(served, new HttpMethod(method), address), expected);
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_is_refused_as_a_problem()
    {
        await using var served =
            await ServedHome.StartAsync(new WebSettings(), map: app => app.MapPost("/api/v1/numbers", (int[] numbers) => numbers.Length));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/numbers")
        {
            Content = new StringContent("[1,", Encoding.UTF8, "application/json"),
        };
        await ProblemAsync(await served.Client.SendAsync(request, Cancellation), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_foreign_host_name_is_refused_in_the_form_of_what_was_asked_for()
    {
        await using var served = await ServedHome.StartAsync();
        await ProblemAsync(await SendAsync(served, HttpMethod.Get, "/api/v1/events", host: "attacker.example"), HttpStatusCode.BadRequest);
        using var page = await SendAsync(served, HttpMethod.Get, "/", host: "attacker.example");
        Assert.Equal(HttpStatusCode.BadRequest, page.StatusCode);
        Assert.Equal("text/plain", page.Content.Headers.ContentType?.MediaType ?? "text/plain");
        Assert.Contains("Bad Request", await page.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("/no/such/page", HttpStatusCode.NotFound, "There is nothing here")]
    [InlineData("/status/500", HttpStatusCode.InternalServerError, "This page failed")]
    public async Task Pages_that_are_not_there_say_so_on_a_page(string address, HttpStatusCode expected, string title)
    {
        await using var served = await ServedHome.StartAsync();
        using var answer = await served.Client.GetAsync(address, Cancellation);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Contains($"<h1>{title}</h1>", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("POST", "/", 10)]
    [InlineData("PUT", "/", 10)]
    [InlineData("DELETE", "/no/such/page", 10)]
    [InlineData("GET", "/", 9_000)]
    public async Task What_no_page_takes_is_answered_with_a_page(string method, string address, int length)
    {
        await using var served = await ServedHome.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{address}?x={new string('a', length)}");
        using var answer = await served.Client.SendAsync(request, Cancellation);
        Assert.InRange((int)answer.StatusCode, 400, 499);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<h1>", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task An_address_of_the_API_that_is_too_long_is_a_problem()
    {
        await using var served = await ServedHome.StartAsync();
        var problem = await ProblemAsync(await SendAsync(served, HttpMethod.Get, $"/api/v1/events?run={new string('a', 9_000)}"),
            HttpStatusCode.RequestUriTooLong);
        Assert.Contains("at most 8192", problem.GetProperty("detail").GetString());
    }

    /// <summary>Takes away a table, so that the list of runs cannot be read.</summary>
    internal static async Task BreakAsync(ServedHome served)
    {
        await using var connection = new SqliteConnection($"Data Source={served.Home.Database};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = "ALTER TABLE PipelineRuns RENAME TO Gone;";
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<HttpResponseMessage> SendAsync(ServedHome served, HttpMethod method, string address, string? host = null)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        request.Headers.Host = host;
        if (method == HttpMethod.Post)
            request.Content = new StringContent("1", Encoding.UTF8, "text/plain");
        return await served.Client.SendAsync(request, Cancellation);
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        using (answer)
        {
            Assert.Equal(expected, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
        }
    }
}
