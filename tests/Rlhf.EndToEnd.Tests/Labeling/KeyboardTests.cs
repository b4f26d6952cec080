using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests;
using Rlhf.Storage.Entities;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>An annotator's hour by keyboard alone, and how many keys a judgement takes.</summary>
public sealed class KeyboardTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly Question Strength = new("preference", QuestionKind.Pairwise, "Which is better?", Ties: true, MaxStrength: 3);

    [Fact]
    public async Task An_hour_by_keyboard_alone()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await LabelingSession.AddAsync(served, new SampleProject
        {
            Tasks = 7,
            Guidelines = "# How to judge\nPrefer **honest** answers.",
            Settings = new ProjectSettings { ContentWarning = "Some texts are rude." },
        });
        var user = await served.AddUserAsync(AccountRole.Annotator);
        await using var browser = await chromium.OpenAsync(served, "", ColorScheme.Light, 1280, user);
        var page = browser.Page;

        async Task Keys(params string[] keys)
        {
            foreach (string key in keys)
                await page.Keyboard.PressAsync(key);
        }

        // The first page leads to the project.
        await page.GetByRole(AriaRole.Link, new() { Name = "Label: Helpful answers" }).FocusAsync();
        await Keys("Enter");
        // The warning and the guidelines come first; the button has the focus.
        await Expect(page.Locator("#welcome-dialog")).ToContainTextAsync("Some texts are rude.");
        await Expect(page.Locator("#welcome-text strong")).ToHaveTextAsync("honest");
        await Expect(page.Locator("#welcome-dialog button")).ToBeFocusedAsync();
        await Keys("Enter");
        await page.Locator(".response").First.WaitForAsync();

        async Task Next(string key = "Enter")
        {
            string before = await page.Locator(".prompt-body").InnerTextAsync();
            await Keys(key);
            await Expect(page.Locator(".prompt-body")).Not.ToHaveTextAsync(before);
        }

        // 1: an order with a tie; 2: all equal; 3: as shown.
        await Keys("3", "1", "2", "2");
        await Next();
        await Keys("=");
        await Next();
        await Keys("0");
        await Next();
        // 4: skipped, with a reason.
        await Keys("s", "2");
        await Expect(page.Locator("#skip-dialog")).ToBeVisibleAsync();
        await Next();
        // 5: flagged for a reason, no longer flagged, flagged again, and answered all the same.
        var flag = page.Locator("button[data-does=flag]");
        await Keys("f", "1");
        await Expect(page.Locator("#flag-dialog input[value=problem]")).ToBeCheckedAsync();
        await Keys("Enter");
        await Expect(flag).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.Locator("#flagged")).ToHaveTextAsync("Flagged: problem");
        await Keys("f");
        await Expect(flag).ToHaveAttributeAsync("aria-pressed", "false");
        await Keys("f", "2", "Enter");
        await Expect(flag).ToHaveAttributeAsync("aria-pressed", "true");
        await Keys("0");
        await Next();
        await Expect(flag).ToHaveAttributeAsync("aria-pressed", "false");
        // 6: none is acceptable; help and guidelines in between.
        await Keys("?");
        await Expect(page.Locator("#keys-dialog")).ToBeVisibleAsync();
        await Keys("?");
        await Expect(page.Locator("#keys-dialog")).ToBeHiddenAsync();
        await Keys("g");
        await Expect(page.Locator("#guidelines-dialog")).ToContainTextAsync("How to judge");
        await Keys("g", "n");
        await Next();
        // 7: moved with arrows.
        await Keys("ArrowRight", "ArrowRight", "ArrowUp", "1", "ArrowUp", "ArrowUp", "Enter");
        // Two have no place: that is confirmed.
        await Expect(page.Locator(".field-error:not(:empty)")).ToContainTextAsync("Press Enter again");
        await Keys("Enter");
        await Expect(page.Locator("#waiting")).ToContainTextAsync("You have done every task");

        // The page may say so while the last answer is on its way.
        var annotations = await LabelingSession.StoredAsync(served, project, 6);
        await using (var session = served.Database.OpenReadContext())
        {
            Assert.Equal([1, 2, 1], annotations[0].Answers["ranking"].Ranking!.Select(group => group.Count));
            Assert.Equal([4], annotations[1].Answers["ranking"].Ranking!.Select(group => group.Count));
            Assert.Equal(annotations[2].OrderShown, annotations[2].Answers["ranking"].Ranking!.Select(group => Assert.Single(group)));
            Assert.Equal(["unclear"], annotations[3].Answers[Question.Flag].Flags);
            Assert.Equal([false, false, false, true, false, false], annotations.Select(a => a.Answers.ContainsKey(Question.Flag)));
            Assert.True(annotations[4].Answers["ranking"].NoneAcceptable);
            var skipped = await session.Assignments.Where(a => a.State == AssignmentState.Skipped).OrderBy(a => a.Closed)
                .Select(a => a.SkipReason).ToListAsync(TestContext.Current.CancellationToken);
            Assert.Equal(["unclear"], skipped);
        }

        // The history, and a correction.
        await page.GetByRole(AriaRole.Link, new() { Name = "Your answers" }).Last.FocusAsync();
        await Keys("Enter");
        await Expect(page.Locator(".history-row")).ToHaveCountAsync(6);
        await page.GetByRole(AriaRole.Link, new() { Name = "See and correct: prompt 0" }).FocusAsync();
        await Keys("Enter");
        await Expect(page.Locator(".place").First).Not.ToBeEmptyAsync();
        await Keys("=", "Enter");
        await Expect(page.Locator(".history-row").Filter(new() { HasText = "prompt 0" })).ToContainTextAsync("revision 2");
        await using var after = served.Database.OpenReadContext();
        Assert.Equal(2, await after.Annotations.MaxAsync(a => a.Revision, TestContext.Current.CancellationToken));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Keys_per_judgement_stay_within_the_bars()
    {
        int pairwise, ranking, undo;
        await using (var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Completions = 2, Questions = [Strength] }))
        {
            await session.TaskAsync();
            await session.PressAsync("2");
            await session.SubmitAsync();
            pairwise = session.Presses;
            var stored = Assert.Single(await session.StoredAsync(1));
            Assert.Equal(2, stored.Answers["preference"].Strength);
            Assert.Equal(stored.OrderShown, stored.Answers["preference"].Ranking!.Select(group => group[0]));
        }
        await using (var session = await LabelingSession.OpenAsync(chromium, new SampleProject()))
        {
            await session.TaskAsync();
            await session.PressAsync(await session.DigitOfAsync("c"), await session.DigitOfAsync("a"));
            string b = await session.DigitOfAsync("b");
            await session.PressAsync(b, b);
            await session.SubmitAsync();
            ranking = session.Presses;
            Assert.Equal("c > a = b > d", LabelingSession.Order(Assert.Single(await session.StoredAsync(1)).Answers["ranking"]));

            await session.PressAsync("1");
            Assert.Contains("1st", await session.PlacesAsync());
            session.Presses = 0;
            await session.PressAsync("u");
            undo = session.Presses;
            Assert.DoesNotContain("1st", await session.PlacesAsync());
        }
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"keys: pairwise with strength {pairwise}, four responses with one tie {ranking}, undo {undo}");
        Assert.True(pairwise <= 2 && ranking <= 5 && undo == 1);
    }

    [Fact]
    public async Task Undo_on_an_untouched_task_opens_the_last_answer_again_and_corrects_it()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        string first = await session.TaskAsync();
        await session.PressAsync("0");
        await session.SubmitAsync();
        await session.StoredAsync(1);
        // The answer to the submission may still be on its way to the page.
        await Expect(session.Page.Locator("#unsent")).ToHaveAttributeAsync("data-count", "0");
        await session.PressAsync("u");
        await Expect(session.Prompt).ToHaveTextAsync(first);
        await session.PressAsync("=");
        await session.SubmitAsync();
        var stored = await session.StoredAsync(2);
        Assert.Equal([1, 2], stored.Select(a => a.Revision));
        Assert.Equal(stored[0].OrderShown, stored[0].Answers["ranking"].Ranking!.Select(group => group[0]));
    }

    [Fact]
    public async Task Single_keys_can_be_switched_off_and_everything_still_has_a_button()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        await session.PressAsync("?");
        await session.Page.GetByLabel("Single keys are commands").UncheckAsync();
        await session.PressAsync("Escape", "1", "s", "=");
        Assert.DoesNotContain("1st", await session.PlacesAsync());
        await Expect(session.Page.Locator("#skip-dialog")).ToBeHiddenAsync();
        await session.Cards.Nth(1).Locator(".pick").FocusAsync();
        await session.PressAsync("Enter");
        Assert.Contains("1st", await session.PlacesAsync());
        // It stays off.
        await session.Page.ReloadAsync();
        await session.TaskAsync();
        await session.PressAsync("u");
        Assert.Contains("1st", await session.PlacesAsync());
    }

    [Fact]
    public async Task Yours_counts_an_answer_once_however_often_it_is_reopened_and_not_while_it_is_open()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        var mine = session.Page.Locator("#mine");
        await session.Page.RouteAsync("**/annotation", route => route.AbortAsync());
        await session.PressAsync("0");
        await session.SubmitAsync();
        await Expect(mine).ToHaveTextAsync("yours: 1");
        // Not sent yet: it is taken back, and submitted again.
        await session.PressAsync("u");
        await Expect(session.Prompt).ToHaveTextAsync("prompt 0");
        await Expect(mine).ToHaveTextAsync("yours: 0");
        await session.SubmitAsync();
        await Expect(mine).ToHaveTextAsync("yours: 1");
        // A page that is opened meanwhile counts it too; sent, it is the same answer.
        await session.Page.ReloadAsync();
        await session.TaskAsync();
        await Expect(mine).ToHaveTextAsync("yours: 1");
        await session.Page.UnrouteAsync("**/annotation");
        await session.StoredAsync(1);
        await session.PressAsync("0");
        await session.SubmitAsync();
        await session.StoredAsync(2);
        await Expect(mine).ToHaveTextAsync("yours: 2");
    }
}
