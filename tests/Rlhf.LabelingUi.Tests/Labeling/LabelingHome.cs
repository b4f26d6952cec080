using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Tests.Labeling;

/// <summary>A served home folder with the API of labeling, and clients of every role.</summary>
public sealed class LabelingHome : IAsyncDisposable
{
    private LabelingHome(ServedHome served, ManualClock clock) => (Served, Clock) = (served, clock);

    public ServedHome Served { get; }

    public ManualClock Clock { get; }

    public static async Task<LabelingHome> StartAsync()
    {
        var clock = new ManualClock();
        var served = await ServedHome.StartAsync(new WebSettings(), builder => builder.Services.AddSingleton<TimeProvider>(clock));
        return new LabelingHome(served, clock);
    }

    /// <summary>A client with the token of a new account.</summary>
    public async Task<ApiClient> SignInAsync(AccountRole role = AccountRole.Annotator)
    {
        var user = await Served.AddUserAsync(role);
        return new ApiClient(user.Client, user.AnnotatorId);
    }

    /// <summary>A project, made by a researcher through the API, with tasks "prompt i" of completions "a i", "b i" …</summary>
    public static async Task<Guid> ProjectAsync(ApiClient researcher, string project, int tasks, int k = 2)
    {
        var id = (await researcher.PostAsync("/projects", project, HttpStatusCode.Created)).GetProperty("id").GetGuid();
        if (tasks > 0)
            await researcher.PostAsync($"/projects/{id}/tasks", JsonSerializer.Serialize(Tasks(tasks, k)), HttpStatusCode.Created);
        return id;
    }

    public static object[] Tasks(int count, int k = 2, int from = 0) => [.. Enumerable.Range(from, count).Select(i => new
    {
        prompt = $"prompt {i}",
        completions = Enumerable.Range(0, k).Select(c => new { text = $"{(char)('a' + c)} {i}", source = $"policy-{c}" }),
    })];

    public ValueTask DisposeAsync() => Served.DisposeAsync();
}

/// <summary>Calls the API as somebody, and fails where the status is another than expected.</summary>
public sealed class ApiClient(HttpClient http, Guid annotator)
{
    private const string Root = "/api/v1";

    public Guid Annotator => annotator;

    public Task<JsonElement> GetAsync(string address, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Get, address, null, expected);

    public Task<JsonElement> PostAsync(string address, string? body = null, HttpStatusCode expected = HttpStatusCode.OK,
        string? key = null) =>
        SendAsync(HttpMethod.Post, address, body, expected, key);

    public Task<JsonElement> PutAsync(string address, string body, HttpStatusCode expected = HttpStatusCode.OK, string? key = null) =>
        SendAsync(HttpMethod.Put, address, body, expected, key);

    public Task<JsonElement> PatchAsync(string address, string body, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Patch, address, body, expected);

    /// <summary>The answer as JSON; undefined where it has no body.</summary>
    public async Task<JsonElement> SendAsync(
        HttpMethod method, string address, string? body, HttpStatusCode expected, string? key = null)
    {
        using var response = await SendAsync(method, address, body, key);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == expected, $"{method} {address}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string? body, string? key = null)
    {
        using var request = new HttpRequestMessage(method, Root + address);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>What a refusal says.</summary>
    public async Task<(string Detail, string? Field)> RefusalAsync(
        HttpMethod method, string address, string? body, HttpStatusCode expected, string? key = null)
    {
        var problem = await SendAsync(method, address, body, expected, key);
        string? field = problem.TryGetProperty("errors", out var errors) ? errors.EnumerateObject().Single().Name : null;
        return (problem.GetProperty("detail").GetString()!, field);
    }

    /// <summary>The next task.</summary>
    public Task<JsonElement> NextAsync(Guid project) => PostAsync($"/projects/{project}/next");

    /// <summary>The body of a ranking that puts completions in the order of their texts: "a" best.</summary>
    public static string RankingByText(JsonElement task) => JsonSerializer.Serialize(new
    {
        ranking = task.GetProperty("completions").EnumerateArray().OrderBy(c => c.GetProperty("text").GetString(), StringComparer.Ordinal)
            .Select(c => new[] { c.GetProperty("id").GetString() }),
    });
}
