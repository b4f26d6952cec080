using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>What happens to answers while the network, the sign-in or the right to label is gone.</summary>
public sealed class OfflineTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly Question[] WithText = [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_done_during_a_minute_without_network_arrives_once()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Tasks = 6 });
        var page = session.Page;
        await page.Clock.InstallAsync();
        await page.ReloadAsync();
        await session.TaskAsync();
        await Expect(page.Locator("#work")).ToHaveAttributeAsync("data-hand", "3");
        await page.Context.SetOfflineAsync(true);
        for (int i = 0; i < 3; i++)
        {
            await session.PressAsync("0");
            await session.SubmitAsync();
        }
        await page.Clock.FastForwardAsync("01:00");
        await Expect(page.Locator("[data-notice=warn]")).ToContainTextAsync("No connection");
        await Expect(page.Locator("#unsent")).ToHaveTextAsync("3 to be sent");
        Assert.Empty(await session.StoredAsync(0));
        await page.Context.SetOfflineAsync(false);
        Assert.Equal(3, (await session.StoredAsync(3)).Select(a => a.TaskId).Distinct().Count());
        // The next tasks come by themselves, and the notice goes.
        await session.TaskAsync();
        await Expect(page.Locator("[data-notice=warn]")).ToHaveCountAsync(0);
        await Expect(page.Locator("#unsent")).ToHaveAttributeAsync("data-count", "0");
    }

    [Fact]
    public async Task Answers_survive_a_closed_page_without_network_and_are_sent_by_the_next_one()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        await session.Page.RouteAsync("**/annotation", route => route.AbortAsync());
        await session.PressAsync("0");
        await session.SubmitAsync();
        // The second task has a draft only.
        string second = await session.TaskAsync();
        await session.PressAsync("2");
        string places = await session.PlacesAsync();
        await session.Page.Context.SetOfflineAsync(true);
        await session.Page.CloseAsync();
        await session.Browser.Page.Context.SetOfflineAsync(false);
        var next = await session.Browser.Page.Context.NewPageAsync();
        await next.GotoAsync($"{session.Served.Client.BaseAddress}label/{session.Project}");
        await session.StoredAsync(1);
        await Expect(next.Locator(".prompt-body")).ToHaveTextAsync(second);
        await Expect(next.Locator(".place:not(:empty)")).ToHaveCountAsync(1);
        Assert.Contains("1st", places);
    }

    [Fact]
    public async Task A_draft_follows_its_author_to_another_browser()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        await session.PressAsync("2");
        await session.EventuallyAsync(db => db.Drafts.CountAsync(Cancellation), count => count == 1);
        await using var other = await chromium.OpenAsync(
            session.Served, $"label/{session.Project}", ColorScheme.Light, 1280, session.User);
        await Expect(other.Page.Locator(".response.has-place")).ToHaveCountAsync(1);
        await Expect(other.Page.Locator(".response").Nth(1).Locator(".place")).ToHaveTextAsync("1st");
    }

    [Fact]
    public async Task Case_1_the_session_ends_and_the_answer_arrives_once_after_signing_in_in_another_tab()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        var context = session.Page.Context;
        await session.TaskAsync();
        await context.ClearCookiesAsync(new() { NameRegex = new Regex("session") });
        await session.PressAsync("0");
        await session.SubmitAsync();
        var notice = session.Page.Locator("[data-notice=bad]");
        await Expect(notice).ToContainTextAsync("You are signed out");
        string? address = await notice.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).GetAttributeAsync("href");
        Assert.Empty(await session.StoredAsync(0));

        var tab = await context.NewPageAsync();
        await tab.GotoAsync(new Uri(session.Served.Client.BaseAddress!, address).AbsoluteUri);
        await tab.Locator("input[name='Form.Name']").FillAsync(session.User.Name);
        await tab.Locator("input[name='Form.Password']").FillAsync(session.User.Password);
        await tab.Keyboard.PressAsync("Enter");
        await Expect(tab).ToHaveURLAsync(new Regex($"/label/{session.Project}"));
        await session.StoredAsync(1);
        await Expect(notice).ToHaveCountAsync(0);
        await session.PressAsync("0");
        await session.SubmitAsync();
        await session.StoredAsync(2);
    }

    [Fact]
    public async Task Signed_in_as_somebody_else_nothing_is_sent()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        var other = await session.Served.AddUserAsync(LabelingUi.Features.Account.Access.AccountRole.Annotator);
        var cookie = (await session.Served.SignInAsync(other)).SignIn!;
        await session.Page.Context.AddCookiesAsync(
            [new Cookie { Name = cookie.Name, Value = cookie.Value, Url = session.Served.Client.BaseAddress!.AbsoluteUri }]);
        await session.PressAsync("0");
        await session.SubmitAsync();
        await Expect(session.Page.Locator("[data-notice=bad]")).ToContainTextAsync($"{other.Name} is signed in now");
        Assert.Empty(await session.StoredAsync(0));
        Assert.Equal("1", await session.Page.Locator("#unsent").GetAttributeAsync("data-count"));
    }

    [Fact]
    public async Task Case_2_a_late_submission_whose_seat_is_gone_keeps_its_text()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Tasks = 1, Questions = WithText });
        await session.TaskAsync();
        await session.PressAsync("0");
        await session.Page.GetByRole(AriaRole.Textbox, new() { Name = "Why?" }).FillAsync("a long rationale");
        // The lease runs out, and somebody else answers.
        await session.Served.Database.WriteAsync(db => db.Assignments.ExecuteUpdateAsync(
            set => set.SetProperty(a => a.Expires, DateTimeOffset.UtcNow.AddMinutes(-1)), Cancellation), Cancellation);
        var other = await session.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        var leased = (await session.Labeling.LeaseNextAsync(other, session.Project, cancellation: Cancellation))!;
        await session.Labeling.SubmitAsync(other, leased.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2, 3, 4])),
            cancellation: Cancellation);
        await session.PressAsync("Control+Enter");
        var notice = session.Page.Locator("[data-notice=bad]");
        await Expect(notice).ToContainTextAsync("Not accepted");
        await notice.Locator("summary").ClickAsync();
        await Expect(notice).ToContainTextAsync("it was given to someone else");
        await Expect(notice.Locator("pre")).ToHaveTextAsync("a long rationale");
        var draft = Assert.Single(await session.Labeling.DraftsAsync(session.User.AnnotatorId, session.Project, Cancellation));
        Assert.Equal("a long rationale", draft.Answers["why"].Rationale);
        await session.Page.GotoAsync($"{session.Served.Client.BaseAddress}label/{session.Project}/history");
        await Expect(session.Page.Locator(".history-text")).ToHaveTextAsync("a long rationale");
        Assert.Single(await session.StoredAsync(1));
    }

    [Fact]
    public async Task Case_3_a_stale_draft_of_another_tab_changes_no_submission()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        string first = await session.TaskAsync();
        var tab = await session.Page.Context.NewPageAsync();
        var held = new TaskCompletionSource<IRoute>();
        await tab.RouteAsync("**/draft", route =>
        {
            held.TrySetResult(route);
            return Task.CompletedTask;
        });
        await tab.GotoAsync(session.Page.Url);
        await Expect(tab.Locator(".prompt-body")).ToHaveTextAsync(first);
        await tab.Keyboard.PressAsync("2");
        var draft = await held.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        await session.PressAsync("0");
        await session.SubmitAsync();
        var stored = Assert.Single(await session.StoredAsync(1));
        await draft.ContinueAsync();
        // The other tab goes on with another task by itself.
        await Expect(tab.Locator(".prompt-body")).Not.ToHaveTextAsync(first);
        Assert.Equal(stored.Id, Assert.Single(await session.StoredAsync(1)).Id);
        await using var db = session.Served.Database.OpenReadContext();
        Assert.False(await db.Drafts.AnyAsync(d => d.AssignmentId == stored.AssignmentId, Cancellation));
    }

    [Fact]
    public async Task Case_20_a_paused_annotator_sees_why_and_the_answer_is_kept_until_they_may_go_on()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        var members = session.Served.Services.GetRequiredService<LabelingMembers>();
        await members.PauseAsync(session.Project, session.User.AnnotatorId, "please read the guidelines again", Cancellation);
        await session.PressAsync("0");
        await session.SubmitAsync();
        var notice = session.Page.Locator("[data-notice=bad]");
        await Expect(notice).ToContainTextAsync("kept in this browser: 1");
        await notice.Locator("summary").ClickAsync();
        await Expect(notice).ToContainTextAsync("please read the guidelines again");
        Assert.Empty(await session.StoredAsync(0));

        await members.ReadmitAsync(session.Project, session.User.AnnotatorId, Cancellation);
        await session.Page.ReloadAsync();
        await session.StoredAsync(1);
    }
}
