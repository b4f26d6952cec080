using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests;
using Rlhf.Storage.Entities;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>What the browser keeps of an annotator: unfinished corrections, drafts, what is to be sent, what was read.</summary>
public sealed class KeptInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task A_correction_that_was_begun_is_there_again_until_it_is_discarded_or_submitted()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Tasks = 1,
            Questions = [Question.DefaultRanking, new("better", QuestionKind.Text, "Write a better one")],
        });
        await session.TaskAsync();
        await session.PressAsync("0", "Enter");
        var given = Assert.Single(await session.StoredAsync(1));
        var context = session.Page.Context;

        var page = await OpenAsync();
        await Expect(page.Locator("#restored")).ToBeHiddenAsync();
        await Box(page).FillAsync("a long rewrite");
        await page.CloseAsync();

        page = await OpenAsync();
        await Expect(Box(page)).ToHaveValueAsync("a long rewrite");
        await Expect(page.Locator("#restored")).ToBeVisibleAsync();
        await page.Locator("#restored").GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Expect(Box(page)).ToHaveValueAsync("");
        await Expect(page.Locator("#restored")).ToBeHiddenAsync();
        await page.ReloadAsync();
        await Expect(Box(page)).ToHaveValueAsync("");

        await Box(page).FillAsync("another rewrite");
        await page.ReloadAsync();
        await Expect(Box(page)).ToHaveValueAsync("another rewrite");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator(".history-row")).ToContainTextAsync("revision 2");
        Assert.Equal("another rewrite", (await session.StoredAsync(2))[1].Answers["better"].Rationale);
        Assert.Equal(0, await page.EvaluateAsync<int>(
            """
            annotator => new Promise(resolve => {
              indexedDB.open(`rlhf-labeling-${annotator}`).onsuccess = ({ target }) => {
                target.result.transaction("drafts").objectStore("drafts").count().onsuccess = (count) => resolve(count.target.result);
              };
            })
            """, session.User.AnnotatorId.ToString()));

        async Task<IPage> OpenAsync()
        {
            var opened = await context.NewPageAsync();
            await opened.GotoAsync(
                $"{session.Served.Client.BaseAddress}label/{session.Project}/history/{given.AssignmentId}");
            await Expect(Box(opened)).ToBeVisibleAsync();
            return opened;
        }

        static ILocator Box(IPage page) => page.GetByRole(AriaRole.Textbox, new() { Name = "Write a better one" });
    }

    [Fact]
    public async Task Case_15_drafts_unsent_answers_and_read_guidelines_of_two_people_in_one_browser_never_mix()
    {
        await using var session = await LabelingSession.OpenAsync(
            chromium, new SampleProject { Tasks = 2, Overlap = 2, Guidelines = "Be kind." });
        var context = session.Page.Context;
        string address = session.Page.Url;
        var welcome = session.Page.Locator("#welcome-dialog");
        await Expect(welcome).ToBeVisibleAsync();
        await session.PressAsync("Enter");
        // One answer that is not sent, and a draft.
        await session.Page.RouteAsync("**/annotation", route => route.AbortAsync());
        string first = await session.TaskAsync();
        await session.PressAsync("0");
        await session.SubmitAsync();
        string second = await session.TaskAsync();
        await session.PressAsync("2");
        await Expect(session.Page.Locator("#unsent")).ToHaveAttributeAsync("data-count", "1");
        await session.Page.CloseAsync();

        var other = await session.Served.AddUserAsync(AccountRole.Annotator);
        var page = await SignInAsync(other);
        await Expect(page.Locator("#welcome-dialog")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Enter");
        foreach (string prompt in new[] { first, second })
        {
            await Expect(page.Locator(".prompt-body")).ToHaveTextAsync(prompt);
            await Expect(page.Locator(".place:not(:empty)")).ToHaveCountAsync(0);
            await Expect(page.Locator("#unsent")).ToHaveAttributeAsync("data-count", "0");
            await page.Keyboard.PressAsync("1");
            await page.Keyboard.PressAsync("0");
            await page.Keyboard.PressAsync("Enter");
        }
        Assert.All(await session.StoredAsync(2), answer => Assert.Equal(other.AnnotatorId, answer.AnnotatorId));
        await page.CloseAsync();

        // Back again: nothing to read once more, the answer is sent, the draft is there.
        page = await SignInAsync(session.User);
        Assert.Equal(session.User.AnnotatorId, (await session.StoredAsync(3))[2].AnnotatorId);
        await Expect(page.Locator("#welcome-dialog")).ToBeHiddenAsync();
        await Expect(page.Locator(".prompt-body")).ToHaveTextAsync(second);
        await Expect(page.Locator(".place:not(:empty)")).ToHaveCountAsync(1);

        async Task<IPage> SignInAsync(TestUser user)
        {
            var cookie = (await session.Served.SignInAsync(user)).SignIn!;
            await context.AddCookiesAsync(
                [new Cookie { Name = cookie.Name, Value = cookie.Value, Url = session.Served.Client.BaseAddress!.AbsoluteUri }]);
            var opened = await context.NewPageAsync();
            await opened.GotoAsync(address);
            return opened;
        }
    }
}
