using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.LabelingUi.Features.Account.Tokens;
using Rlhf.LabelingUi.Features.Account.Users;

namespace Rlhf.LabelingUi.Tests.Account;

/// <summary>Case 20 of the labeling cases: rights end.</summary>
public sealed class RightsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Case_20_a_role_that_another_process_takes_away_is_refused_within_a_minute_with_the_reason()
    {
        var clock = new ManualClock();
        await using var served = await StartAsync(clock);
        using var user = await served.AddUserAsync(AccountRole.Researcher, "ana");
        using var browser = await served.SignInAsync(user);
        Assert.Equal(HttpStatusCode.OK, (await browser.Client.GetAsync("/runs", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await user.Client.GetAsync("/api/v1/invitations", Cancellation)).StatusCode);
        using (var elsewhere = AccountsDatabase.Open(served.Home))
        {
            await using var context = elsewhere.CreateContext();
            (await context.Users.SingleAsync(a => a.Id == user.Id, Cancellation)).Role = AccountRole.Annotator;
            await context.SaveChangesAsync(Cancellation);
        }
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.Client.GetAsync("/runs", Cancellation)).StatusCode);
        using var answer = await user.Client.GetAsync("/api/v1/invitations", Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("this needs the role researcher; your account has the role annotator", await DetailAsync(answer));
    }

    [Fact]
    public async Task What_this_server_changes_counts_at_once()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ana");
        using var browser = await served.SignInAsync(user);
        Assert.Equal(HttpStatusCode.OK, (await browser.Client.GetAsync("/account", Cancellation)).StatusCode);
        await ChangeAsync(served, user, new ChangeUserRequest(Disabled: true));
        Assert.Equal(HttpStatusCode.Found, (await browser.Client.GetAsync("/account", Cancellation)).StatusCode);
        using var answer = await user.Client.GetAsync("/api/v1/session", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.StartsWith("this account is disabled", await DetailAsync(answer), StringComparison.Ordinal);
        using var session = await browser.Client.GetAsync("/api/v1/session", Cancellation);
        Assert.StartsWith("this account is disabled", await DetailAsync(session), StringComparison.Ordinal);
        using var signIn = await served.NewBrowser().SignInAsync(user.Name, user.Password, Cancellation);
        Assert.Contains("This account is disabled", await signIn.Content.ReadAsStringAsync(Cancellation));
        await ChangeAsync(served, user, new ChangeUserRequest(Disabled: false, Role: "researcher"));
        Assert.Equal(HttpStatusCode.OK, (await browser.Client.GetAsync("/runs", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_session_ends_when_it_was_not_used_for_two_weeks()
    {
        var clock = new ManualClock();
        await using var served = await StartAsync(clock);
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ana");
        using var browser = await served.SignInAsync(user);
        clock.Advance(TimeSpan.FromDays(13));
        Assert.Equal(HttpStatusCode.OK, (await browser.Client.GetAsync("/account", Cancellation)).StatusCode);
        clock.Advance(TimeSpan.FromDays(13));
        Assert.Equal(HttpStatusCode.OK, (await browser.Client.GetAsync("/account", Cancellation)).StatusCode);
        clock.Advance(TimeSpan.FromDays(15));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Client.GetAsync("/api/v1/session", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Tokens_are_shown_once_listed_without_the_secret_and_revoked_at_once()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ana");
        using var made = await user.Client.PostAsJsonAsync("/api/v1/tokens", new { name = "nightly" }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var token = await made.Content.ReadFromJsonAsync<NewToken>(Cancellation);
        using var client = served.NewClient();
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + token!.Token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/session", Cancellation)).StatusCode);
        string list = await client.GetStringAsync("/api/v1/tokens", Cancellation);
        Assert.Contains("nightly", list);
        Assert.DoesNotContain(token.Token[5..], list);
        // Somebody else's does not exist.
        using var other = await served.AddUserAsync(AccountRole.Admin);
        Assert.Equal(HttpStatusCode.NotFound, (await other.Client.DeleteAsync($"/api/v1/tokens/{token.Id}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await user.Client.DeleteAsync($"/api/v1/tokens/{token.Id}", Cancellation)).StatusCode);
        using var refused = await client.GetAsync("/api/v1/session", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("revoked", await DetailAsync(refused));
    }

    [Fact]
    public async Task A_token_with_an_end_expires()
    {
        var clock = new ManualClock();
        await using var served = await StartAsync(clock);
        using var user = await served.AddUserAsync(AccountRole.Annotator);
        using var made = await user.Client.PostAsJsonAsync("/api/v1/tokens", new { name = "short", days = 1 }, Cancellation);
        var token = await made.Content.ReadFromJsonAsync<NewToken>(Cancellation);
        using var client = served.NewClient();
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + token!.Token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/session", Cancellation)).StatusCode);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/session", Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("{}", "body: 'name' is missing")]
    [InlineData("{\"name\":\" \"}", "a token's name says what it is for")]
    [InlineData("{\"name\":\"x\",\"days\":0}", "days must be 1")]
    public async Task A_bad_token_request_is_told_what_is_wrong(string body, string detail)
    {
        await using var served = await ServedHome.StartAsync();
        using var answer = await served.Client.PostAsync("/api/v1/tokens",
            new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(detail, await DetailAsync(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_only_administrator_stays_one()
    {
        await using var served = await ServedHome.StartAsync();
        foreach (var change in new[] { new ChangeUserRequest(Role: "researcher"), new ChangeUserRequest(Disabled: true) })
            Assert.Equal(HttpStatusCode.Conflict, await TryChangeAsync(served, served.Admin, change));
        using var removed = await served.Client.DeleteAsync($"/api/v1/users/{served.Admin.Id}", Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, removed.StatusCode);
        using var other = await served.AddUserAsync(AccountRole.Admin);
        Assert.Equal(HttpStatusCode.NoContent, await TryChangeAsync(served, served.Admin, new ChangeUserRequest(Role: "researcher")));
    }

    [Fact]
    public async Task A_removed_account_is_nobody_and_its_annotator_stays()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ana");
        using var browser = await served.SignInAsync(user);
        Assert.Equal(HttpStatusCode.NoContent, (await served.Client.DeleteAsync($"/api/v1/users/{user.Id}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await user.Client.GetAsync("/api/v1/session", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await browser.Client.GetAsync("/", Cancellation)).StatusCode);
        await using var db = served.Database.OpenReadContext();
        Assert.True(await db.Annotators.AnyAsync(a => a.Id == user.AnnotatorId, Cancellation));
    }

    private static Task<ServedHome> StartAsync(ManualClock clock) => ServedHome.StartAsync(
        new WebSettings(), builder => builder.Services.AddSingleton<TimeProvider>(clock));

    private static async Task ChangeAsync(ServedHome served, TestUser user, ChangeUserRequest change) =>
        Assert.Equal(HttpStatusCode.NoContent, await TryChangeAsync(served, user, change));

    private static async Task<HttpStatusCode> TryChangeAsync(ServedHome served, TestUser user, ChangeUserRequest change)
    {
        using var answer = await served.Client.PatchAsJsonAsync($"/api/v1/users/{user.Id}", change, Cancellation);
        return answer.StatusCode;
    }

    private static async Task<string> DetailAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("detail").GetString()!;
}
