using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Tests.Account;

/// <summary>What protects the API beside the sign-in: antiforgery tokens and limits.</summary>
public sealed class RequestProtectionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_that_changes_something_needs_the_header_with_a_cookie_and_not_with_a_token()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator);
        using var browser = await served.SignInAsync(user);
        using var refused = await browser.Client.PostAsJsonAsync("/api/v1/tokens", new { name = "x" }, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("RequestVerificationToken", await refused.Content.ReadAsStringAsync(Cancellation));
        using var taken = await browser.CallAsync(HttpMethod.Post, "/api/v1/tokens", new { name = "x" }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        using var byToken = await user.Client.PostAsJsonAsync("/api/v1/tokens", new { name = "y" }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, byToken.StatusCode);
    }

    [Fact]
    public async Task The_session_tells_who_is_signed_in_and_how()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Reviewer, "ana");
        var byToken = await user.Client.GetFromJsonAsync<JsonElement>("/api/v1/session", Cancellation);
        Assert.Equal(JsonValueKind.Null, byToken.GetProperty("antiforgery").ValueKind);
        using var browser = await served.SignInAsync(user);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/session?culture=de");
        using var answer = await browser.Client.SendAsync(request, Cancellation);
        var session = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal("ana", session.GetProperty("name").GetString());
        Assert.Equal("reviewer", session.GetProperty("role").GetString());
        Assert.Equal("de", session.GetProperty("language").GetString());
        Assert.Equal(user.AnnotatorId, session.GetProperty("annotatorId").GetGuid());
        Assert.True(session.GetProperty("singleKeyShortcuts").GetBoolean());
        using var saved = await browser.SubmitAsync("/account", "preferences", [], Cancellation);
        session = await browser.Client.GetFromJsonAsync<JsonElement>("/api/v1/session", Cancellation);
        Assert.False(session.GetProperty("singleKeyShortcuts").GetBoolean());
    }

    [Fact]
    public async Task A_loop_that_went_wild_is_told_to_wait_and_others_go_on()
    {
        await using var served = await ServedHome.StartAsync(new WebSettings { ApiCallsPerSecond = 1 });
        using var wild = await served.AddUserAsync(AccountRole.Annotator);
        using var other = await served.AddUserAsync(AccountRole.Annotator);
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => wild.Client.GetAsync("/api/v1/session", Cancellation)));
        var refused = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(HttpStatusCode.OK, (await other.Client.GetAsync("/api/v1/session", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await wild.Client.GetAsync("/account", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Who_labels_at_full_speed_is_never_told_to_wait()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator);
        for (int round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => user.Client.GetAsync("/api/v1/tokens", Cancellation)));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        }
    }

    [Fact]
    public async Task Guesses_from_one_address_are_limited()
    {
        await using var served = await ServedHome.StartAsync(new WebSettings { SignInsPerMinute = 3 });
        using var browser = served.NewBrowser();
        for (int i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.SignInAsync($"a{i}", "wrong", Cancellation)).StatusCode);
        using var answer = await browser.SignInAsync("a3", "wrong", Cancellation);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Contains("Too many attempts", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.NotNull(answer.Headers.RetryAfter);
    }
}
