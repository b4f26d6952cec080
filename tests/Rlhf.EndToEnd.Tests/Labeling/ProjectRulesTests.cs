using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.Storage.Entities;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>What an annotator sees of the rules of a project: qualification, a pause, a project that is closed.</summary>
public sealed class ProjectRulesTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task After_a_qualification_task_the_explanation_is_shown_and_a_second_try_passes(ColorScheme scheme, int width)
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Given =
            [
                SampleProject.Task("test", "kind", "rude") with
                {
                    Kind = TaskKind.Qualification, Gold = Answers.OfRanking(Answer.FromRanks([1, 2])),
                    Explanation = "The guidelines ask for **kind** answers.",
                },
                SampleProject.Task("prompt", "a", "b"),
            ],
        }, scheme, width);
        var dialog = session.Page.Locator("#feedback-dialog");
        Assert.Equal("test", await session.TaskAsync());
        await session.PressAsync(await session.DigitOfAsync("rude"), await session.DigitOfAsync("kind"), "Enter");
        await Expect(dialog).ToBeVisibleAsync();
        await Expect(dialog.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Another answer was expected");
        await Expect(dialog.Locator("strong")).ToHaveTextAsync("kind");
        await Expect(dialog).ToContainTextAsync("0 of 1 were right; 80 % are needed. The tasks come once more (tries left: 1).");
        Assert.Empty(await session.Browser.AxeAsync());
        Assert.Equal(0, await session.Browser.OverflowAsync());
        // Keys are not for the task behind it, nor do they close it; Enter does.
        await session.PressAsync("1", "x", "Shift");
        await Expect(dialog).ToBeVisibleAsync();
        // The task comes once more, behind the dialog.
        await session.TaskAsync();
        await session.PressAsync("Enter");
        await Expect(dialog).ToBeHiddenAsync();
        await Expect(session.Page.Locator("#task :focus")).ToHaveCountAsync(1);

        Assert.Equal("test", await session.TaskAsync());
        await session.PressAsync(await session.DigitOfAsync("kind"), await session.DigitOfAsync("rude"), "Enter");
        await Expect(dialog.GetByRole(AriaRole.Heading)).ToHaveTextAsync("That was the expected answer");
        await Expect(dialog).ToContainTextAsync("You have passed: 1 of 1 were right.");
        await session.PressAsync("Enter");
        await Expect(session.Prompt).ToHaveTextAsync("prompt");
        await session.PressAsync(await session.DigitOfAsync("a"), await session.DigitOfAsync("b"), "Enter");
        Assert.Equal(3, (await session.StoredAsync(3)).Count);
        await Expect(session.Page.Locator("#waiting")).ToContainTextAsync("This project is complete");
        await Expect(dialog).ToBeHiddenAsync();
        Assert.Empty(session.Browser.Complaints);
    }

    [Fact]
    public async Task Enter_submits_at_once_after_a_dialog_was_closed()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Tasks = 2, Completions = 2 });
        string first = await session.TaskAsync();
        await session.PressAsync("1", "2", "?");
        await Expect(session.Page.Locator("#keys-dialog")).ToBeVisibleAsync();
        // Both within one frame: the focus is still on the button of the dialog.
        await session.Page.EvaluateAsync(
            """
            () => {
              const button = document.querySelector("#keys-dialog button");
              button.focus();
              button.closest("dialog").close();
              button.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
            }
            """);
        Assert.Single(await session.StoredAsync(1));
        await Expect(session.Prompt).Not.ToHaveTextAsync(first);
    }

    [Fact]
    public async Task Whoever_always_keeps_the_order_is_told_why_they_are_paused()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Tasks = 12,
            Settings = new ProjectSettings { PauseAboveStraightShare = 0.5, PauseAfterAnswers = 5 },
        });
        for (int i = 0; i < 5; i++)
        {
            await session.TaskAsync();
            await session.PressAsync("1", "2", "3", "4");
            await session.SubmitAsync();
        }
        await session.StoredAsync(5);
        await session.Page.ReloadAsync();
        await Expect(session.Page.Locator("#waiting"))
            .ToContainTextAsync("5 of the last 5 rankings kept the order shown; by chance it would be about 0.2");
    }

    [Fact]
    public async Task A_closed_project_says_why()
    {
        await using var session = await LabelingSession.OpenAsync(
            chromium, new SampleProject { Settings = new ProjectSettings { Closed = "its pipeline run has ended: not needed" } });
        await Expect(session.Page.Locator("#waiting")).ToContainTextAsync(
            "this project is closed: its pipeline run has ended: not needed");
        await session.Labeling.SetSettingsAsync(session.Project, new ProjectSettings(), Cancellation);
        await session.Page.ReloadAsync();
        await session.TaskAsync();
    }
}
