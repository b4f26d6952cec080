using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Invitations;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Account;

public sealed class InvitationTests
{
    private const string Password = "a sentence of their own";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_link_makes_an_administrator_once_and_only_the_latest_works()
    {
        await using var served = await ServedHome.StartAsync(new WebSettings(), withAdmin: false);
        string void1 = (await InAsync(served, invitations => invitations.FirstAdminAsync(Cancellation)))!.Path;
        string path = (await InAsync(served, invitations => invitations.FirstAdminAsync(Cancellation)))!.Path;
        using var late = served.NewBrowser();
        using var refused = await late.Client.GetAsync(void1, Cancellation);
        Assert.Contains("unknown, expired or used up", await refused.Content.ReadAsStringAsync(Cancellation));
        using var browser = served.NewBrowser();
        Assert.Contains("<h1>First administrator</h1>", await browser.Client.GetStringAsync(path, Cancellation));
        using var answer = await RegisterAsync(browser, path, "ana");
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.Client.GetAsync("/account/users", Cancellation)).StatusCode);
        using var again = await RegisterAsync(late, path, "ben");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, again.StatusCode);
        Assert.Null(await InAsync(served, invitations => invitations.FirstAdminAsync(Cancellation)));
    }

    [Fact]
    public async Task The_first_link_is_void_when_there_is_an_administrator_and_after_a_day()
    {
        var clock = new ManualClock();
        await using var served = await ServedHome.StartAsync(
            new WebSettings(), builder => builder.Services.AddSingleton<TimeProvider>(clock), withAdmin: false);
        string old = (await InAsync(served, invitations => invitations.FirstAdminAsync(Cancellation)))!.Path;
        clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await served.NewClient().GetAsync(old, Cancellation)).StatusCode);
        string path = (await InAsync(served, invitations => invitations.FirstAdminAsync(Cancellation)))!.Path;
        Assert.Equal(HttpStatusCode.OK, (await served.NewClient().GetAsync(path, Cancellation)).StatusCode);
        using var other = await served.AddUserAsync(AccountRole.Admin);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await served.NewClient().GetAsync(path, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task An_invitation_makes_as_many_accounts_as_it_says_however_many_come_at_once()
    {
        await using var served = await ServedHome.StartAsync();
        string path = await InviteAsync(served.Client, new { role = "reviewer", uses = 3 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            using var browser = served.NewBrowser();
            using var answer = await RegisterAsync(browser, path, $"person {i}");
            return answer.StatusCode;
        }));
        Assert.Equal(3, answers.Count(status => status == HttpStatusCode.Found));
        var users = await served.Client.GetFromJsonAsync<UserAnswer[]>("/api/v1/users", Cancellation);
        Assert.Equal(3, users!.Count(user => user.Role == "reviewer"));
        Assert.Equal("[]", await served.Client.GetStringAsync("/api/v1/invitations", Cancellation));
    }

    [Theory]
    [InlineData("admin", Password, "This name is taken")]
    [InlineData("", Password, "A name has 1 to 64")]
    [InlineData("a\u202Eb", Password, "A name has 1 to 64")]
    [InlineData("ana", "short", "at least 10 characters")]
    [InlineData("anastasia", "Anastasia1", "little more than the name")]
    public async Task A_refused_registration_says_why_and_uses_nothing_up(string name, string password, string expected)
    {
        await using var served = await ServedHome.StartAsync();
        string path = await InviteAsync(served.Client, new { });
        using var browser = served.NewBrowser();
        using var refused = await RegisterAsync(browser, path, name, password);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains(expected, WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync(Cancellation)));
        using var answer = await RegisterAsync(browser, path, "ana");
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
    }

    [Fact]
    public async Task An_invitation_ends_and_can_be_revoked()
    {
        var clock = new ManualClock();
        await using var served = await ServedHome.StartAsync(
            new WebSettings(), builder => builder.Services.AddSingleton<TimeProvider>(clock));
        string path = await InviteAsync(served.Client, new { days = 2 });
        clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await served.NewClient().GetAsync(path, Cancellation)).StatusCode);
        string other = await InviteAsync(served.Client, new { unlimited = true });
        var list = await served.Client.GetFromJsonAsync<InvitationAnswer[]>("/api/v1/invitations", Cancellation);
        Assert.Null(Assert.Single(list!).Uses);
        Assert.Equal(HttpStatusCode.NoContent,
            (await served.Client.DeleteAsync($"/api/v1/invitations/{list![0].Id}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await served.NewClient().GetAsync(other, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("{\"role\":\"boss\"}", HttpStatusCode.BadRequest, "role must be annotator, reviewer, researcher, admin; got 'boss'")]
    [InlineData("{\"uses\":0}", HttpStatusCode.BadRequest, "uses must be 1")]
    [InlineData("{\"days\":1000}", HttpStatusCode.BadRequest, "days must be 1")]
    [InlineData("{\"workers\":true}", HttpStatusCode.BadRequest, "a link for workers needs a project")]
    [InlineData("{\"project\":\"00000000-0000-7000-8000-000000000000\"}", HttpStatusCode.BadRequest, "no labeling project")]
    [InlineData("{\"role\":\"researcher\"}", HttpStatusCode.Forbidden, "only an administrator may invite somebody as Researcher")]
    public async Task A_bad_invitation_is_told_what_is_wrong(string body, HttpStatusCode status, string detail)
    {
        await using var served = await ServedHome.StartAsync();
        using var researcher = await served.AddUserAsync(AccountRole.Researcher);
        using var answer = await researcher.Client.PostAsync("/api/v1/invitations",
            new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancellation);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(status, answer.StatusCode);
        Assert.StartsWith(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_researcher_sees_their_own_invitations_and_an_administrator_all()
    {
        await using var served = await ServedHome.StartAsync();
        using var ana = await served.AddUserAsync(AccountRole.Researcher);
        using var ben = await served.AddUserAsync(AccountRole.Researcher);
        await InviteAsync(ana.Client, new { });
        var list = await ana.Client.GetFromJsonAsync<InvitationAnswer[]>("/api/v1/invitations", Cancellation);
        Assert.Equal("[]", await ben.Client.GetStringAsync("/api/v1/invitations", Cancellation));
        Assert.Equal(HttpStatusCode.NotFound,
            (await ben.Client.DeleteAsync($"/api/v1/invitations/{list!.Single().Id}", Cancellation)).StatusCode);
        Assert.Single((await served.Client.GetFromJsonAsync<InvitationAnswer[]>("/api/v1/invitations", Cancellation))!);
    }

    [Fact]
    public async Task Whoever_registers_for_a_project_is_a_member_and_so_is_whoever_has_an_account_already()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await AddProjectAsync(served);
        string path = await InviteAsync(served.Client, new { project, uses = 3 });
        using var browser = served.NewBrowser();
        using var registered = await RegisterAsync(browser, path, "ana");
        using var user = await served.AddUserAsync(AccountRole.Annotator, "ben");
        using var other = await served.SignInAsync(user);
        // Twice: a member already.
        foreach (int _ in new[] { 1, 2 })
        {
            using var joined = await other.SubmitAsync(path, "join", [], Cancellation);
            Assert.InRange((int)joined.StatusCode, 200, 302);
        }
        await using var db = served.Database.OpenReadContext();
        Assert.Equal(2, await db.Members.CountAsync(m => m.ProjectId == project, Cancellation));
        Assert.True(await db.Members.AnyAsync(m => m.AnnotatorId == user.AnnotatorId, Cancellation));
    }

    [Theory]
    [InlineData("?workerId=W1&session=s1", "?workerId=W1&session=s2")]
    [InlineData("?PROLIFIC_PID=W1&SESSION_ID=s1", "?PROLIFIC_PID=W1&SESSION_ID=s2")]
    [InlineData("?workerId=W1&assignmentId=s1", "?workerId=W1&assignmentId=s2")]
    public async Task Case_15_the_same_worker_resumes_and_two_workers_in_one_browser_never_mix(string first, string second)
    {
        await using var served = await ServedHome.StartAsync();
        var project = await AddProjectAsync(served);
        string path = await InviteAsync(served.Client, new { project, workers = true, uses = 2 });
        using var browser = served.NewBrowser();
        // Looking at the link makes nothing.
        Assert.Contains("W1", await browser.Client.GetStringAsync(path + first, Cancellation));
        Assert.Null(browser.SignIn);
        var one = await JoinAsync(browser, path + first, project);
        // Another worker in the same browser; a page of the first one that is still open then belongs to nobody.
        string stale = (await browser.Client.GetFromJsonAsync<JsonElement>("/api/v1/session", Cancellation))
            .GetProperty("antiforgery").GetString()!;
        var two = await JoinAsync(browser, path + "?workerId=W2", project);
        Assert.NotEqual(one, two);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens") { Content = JsonContent.Create(new { name = "x" }) };
        request.Headers.Add("RequestVerificationToken", stale);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Client.SendAsync(request, Cancellation)).StatusCode);
        // The first one comes back, in another session and another browser.
        using var later = served.NewBrowser();
        Assert.Equal(one, await JoinAsync(later, path + second, project));
        // Both uses are taken, so nobody new gets in; whoever is in comes back all the same.
        using var third = await served.NewBrowser().SubmitAsync(path + "?workerId=W3", "worker", [], Cancellation);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, third.StatusCode);
        Assert.Equal(one, await JoinAsync(later, path + first, project));
        await using var db = served.Database.OpenReadContext();
        Assert.Equal("s1", (await db.Members.SingleAsync(m => m.ExternalWorkerId == "W1", Cancellation)).ExternalSession);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?workerId=")]
    [InlineData("?workerId={{%PROLIFIC_PID%}}")]
    public async Task A_link_without_a_worker_says_so(string query)
    {
        await using var served = await ServedHome.StartAsync();
        string path = await InviteAsync(served.Client, new { project = await AddProjectAsync(served), workers = true });
        using var answer = await served.NewClient().GetAsync(path + query, Cancellation);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("brings no worker id", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task<Guid> JoinAsync(BrowserSession browser, string address, Guid project)
    {
        using var answer = await browser.SubmitAsync(address, "worker", [], Cancellation);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.EndsWith($"/label/{project}", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        var session = await browser.Client.GetFromJsonAsync<JsonElement>("/api/v1/session", Cancellation);
        Assert.Equal("annotator", session.GetProperty("role").GetString());
        return session.GetProperty("annotatorId").GetGuid();
    }

    private static Task<HttpResponseMessage> RegisterAsync(BrowserSession browser, string path, string name, string password = Password) =>
        browser.SubmitAsync(path, "register", [("Form.Name", name), ("Form.Password", password)], Cancellation);

    /// <summary>The address of a new invitation below the root.</summary>
    private static async Task<string> InviteAsync(HttpClient client, object request)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/invitations", request, Cancellation);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var made = await answer.Content.ReadFromJsonAsync<CreatedInvitation>(Cancellation);
        Assert.StartsWith(client.BaseAddress!.AbsoluteUri, made!.Url, StringComparison.Ordinal);
        return new Uri(made.Url).PathAndQuery;
    }

    private static async Task<T> InAsync<T>(ServedHome served, Func<AccountInvitations, Task<T>> work)
    {
        await using var scope = served.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<AccountInvitations>());
    }

    private static async Task<Guid> AddProjectAsync(ServedHome served)
    {
        var project = new LabelingProject { Name = "p", Created = DateTimeOffset.UtcNow };
        await served.Database.WriteAsync(db =>
        {
            db.Projects.Add(project);
            return Task.CompletedTask;
        }, Cancellation);
        return project.Id;
    }
}
