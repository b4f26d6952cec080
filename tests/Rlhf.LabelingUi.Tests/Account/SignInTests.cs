using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.LabelingUi.Features.Account.Users;

namespace Rlhf.LabelingUi.Tests.Account;

public sealed class SignInTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_browser_signs_in_by_the_form_and_out_again()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Researcher, "Ana María");
        using var browser = await served.SignInAsync(user);
        Assert.Contains("Ana Mar", await browser.Client.GetStringAsync("/runs", Cancellation));
        var cookie = browser.SignIn!;
        Assert.True(cookie.HttpOnly);
        Assert.False(cookie.Secure);
        using var answer = await browser.SubmitAsync("/account/sign-out", "sign-out", [], Cancellation);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Null(browser.SignIn);
        using var after = await browser.Client.GetAsync("/runs", Cancellation);
        Assert.Equal(HttpStatusCode.Found, after.StatusCode);
    }

    [Fact]
    public async Task The_cookie_is_secure_behind_https_and_sent_by_no_other_site()
    {
        await using var served = await ServedHome.StartAsync(new WebSettings { BehindProxy = true });
        using var client = served.NewClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        using var page = await client.GetAsync("/account/sign-in", Cancellation);
        string html = await page.Content.ReadAsStringAsync(Cancellation);
        string token = html.Split("__RequestVerificationToken\" value=\"")[1].Split('"')[0];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/account/sign-in")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["_handler"] = "sign-in",
                ["__RequestVerificationToken"] = token,
                ["Form.Name"] = served.Admin.Name,
                ["Form.Password"] = served.Admin.Password,
            }),
        };
        request.Headers.Add("Cookie", page.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]));
        using var answer = await client.SendAsync(request, Cancellation);
        string set = Assert.Single(answer.Headers.GetValues("Set-Cookie"), c => c.StartsWith("rlhf.session.", StringComparison.Ordinal));
        Assert.Contains("; secure", set);
        Assert.Contains("; samesite=lax", set);
        Assert.Contains("; httponly", set);
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData("?returnUrl=%2Fruns%3Fa%3Db", "/runs?a=b")]
    [InlineData("?returnUrl=https%3A%2F%2Fattacker.example%2F", "/")]
    [InlineData("?returnUrl=%2F%2Fattacker.example%2F", "/")]
    [InlineData("?returnUrl=%2F%5Cattacker.example%2F", "/")]
    [InlineData("?returnUrl=%2F%09%2Fattacker.example%2F", "/")]
    public async Task It_goes_on_to_where_it_came_from_on_this_server_only(string query, string expected)
    {
        await using var served = await ServedHome.StartAsync();
        using var browser = served.NewBrowser();
        using var answer = await browser.SignInAsync(served.Admin.Name, served.Admin.Password, Cancellation, query);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(expected, new Uri(served.Client.BaseAddress!, answer.Headers.Location!).PathAndQuery);
    }

    [Theory]
    [InlineData("/runs", "/account/sign-in?returnUrl=%2Fruns")]
    [InlineData("/", "/account/sign-in")]
    [InlineData("/runs?x=1&y=2", "/account/sign-in?returnUrl=%2Fruns%3Fx%3D1%26y%3D2")]
    public async Task A_page_sends_whoever_is_not_signed_in_to_the_form(string address, string expected)
    {
        await using var served = await ServedHome.StartAsync();
        using var answer = await served.NewClient().GetAsync(address, Cancellation);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(expected, answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task An_account_is_locked_after_five_wrong_passwords_and_nobody_can_tell()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ana");
        using var browser = served.NewBrowser();
        string wrong = await RefusalAsync(browser, "ana", "a wrong password");
        for (int i = 1; i < AccountServices.MaxFailures; i++)
            Assert.Equal(wrong, await RefusalAsync(browser, "ana", "a wrong password"));
        // The right one, now, and a name that does not exist: the same answer.
        Assert.Equal(wrong, await RefusalAsync(browser, "ana", user.Password));
        Assert.Equal(wrong, await RefusalAsync(browser, "nobody", user.Password));
        await using var accounts = served.Services.GetRequiredService<AccountsDatabase>().CreateContext();
        var row = await accounts.Users.SingleAsync(a => a.Id == user.Id, Cancellation);
        Assert.InRange(row.LockoutEnd!.Value, DateTimeOffset.UtcNow.AddMinutes(4), DateTimeOffset.UtcNow.AddMinutes(6));
        row.LockoutEnd = DateTimeOffset.UtcNow.AddSeconds(-1);
        await accounts.SaveChangesAsync(Cancellation);
        using var answer = await browser.SignInAsync("ana", user.Password, Cancellation);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
    }

    [Fact]
    public async Task Wrong_passwords_that_come_at_once_are_all_counted()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ana");
        await Task.WhenAll(Enumerable.Range(0, 2 * AccountServices.MaxFailures).Select(async _ =>
        {
            using var browser = served.NewBrowser();
            await RefusalAsync(browser, "ana", "a wrong password");
        }));
        using var last = served.NewBrowser();
        using var answer = await last.SignInAsync("ana", user.Password, Cancellation);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task A_form_of_another_site_is_refused()
    {
        await using var served = await ServedHome.StartAsync();
        using var answer = await served.NewClient().PostAsync("/account/sign-in", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "sign-in",
            ["Form.Name"] = served.Admin.Name,
            ["Form.Password"] = served.Admin.Password,
        }), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie") && answer.Headers.GetValues("Set-Cookie").Any(c => c.Contains("session")));
    }

    [Fact]
    public async Task A_changed_password_signs_other_browsers_out_and_this_one_stays()
    {
        await using var served = await ServedHome.StartAsync();
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ana");
        using var here = await served.SignInAsync(user);
        using var there = await served.SignInAsync(user);
        const string changed = "quite another sentence";
        using var wrong = await here.SubmitAsync("/account", "password",
            [("Form.Current", "a wrong password"), ("Form.Password", changed)], Cancellation);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        using var answer = await here.SubmitAsync("/account", "password",
            [("Form.Current", user.Password), ("Form.Password", changed)], Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await here.Client.GetAsync("/account", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await there.Client.GetAsync("/account", Cancellation)).StatusCode);
        using var old = await there.SignInAsync("ana", user.Password, Cancellation);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, old.StatusCode);
        using var again = await there.SignInAsync("ana", changed, Cancellation);
        Assert.Equal(HttpStatusCode.Found, again.StatusCode);
    }

    private static async Task<string> RefusalAsync(BrowserSession browser, string name, string password)
    {
        using var answer = await browser.SignInAsync(name, password, Cancellation);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Null(browser.SignIn);
        string html = await answer.Content.ReadAsStringAsync(Cancellation);
        return html.Split("role=\"alert\">")[1].Split('<')[0];
    }
}
