using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests;
using Rlhf.LabelingUi.Tests.Projects;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>The researcher's and the reviewer's pages, as a person sees them in the system's Chromium.</summary>
public sealed class ProjectPagesInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [ClassData(typeof(EveryLook))]
    public async Task Every_page_is_sound_in_both_colors_and_on_a_phone(ColorScheme scheme, int width)
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database, name: SampleProject.Hostile, selfIdentifying: true);
        var members = new LabelingMembers(served.Database);
        await members.PauseAsync(project, annotators[0], SampleProject.Hostile, Cancellation);
        await members.ExcludeAsync(project, annotators[3], "answers at random", cancellation: Cancellation);
        string own = $"projects/{project}", task = await FirstTaskAsync(served, project);
        string[] addresses =
        [
            "projects", "projects/new", own, $"{own}/tasks", $"{own}/members", $"{own}/quality", $"{own}/review", $"{own}/review/{task}",
            $"{own}/settings", $"{own}/export",
        ];
        await using var page = await chromium.OpenAsync(served, "projects", scheme, width);
        foreach (string address in addresses)
        {
            await page.Page.GotoAsync(served.Client.BaseAddress + address);
            await page.CheckSoundAsync(address);
        }
    }

    [Fact]
    public async Task A_reviewer_goes_through_disagreements_by_keyboard()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        using var reviewer = await served.AddUserAsync(AccountRole.Reviewer);
        await using var page = await chromium.OpenAsync(served, $"projects/{project}/review", ColorScheme.Light, 1280, reviewer);
        var list = page.Page.Locator("ol.task-list");
        Assert.Equal(8, await list.Locator("li").CountAsync());
        await list.GetByRole(AriaRole.Link).First.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("/review/[0-9a-f-]{36}$"));

        var first = page.Page.GetByRole(AriaRole.Article).Filter(new LocatorFilterOptions { HasText = "Send back" }).First;
        await first.GetByText("Send back").First.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await first.GetByLabel("A word to the author").First.FillAsync("please read it again");
        await first.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Send back" }).PressAsync("Enter");
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("The answer is sent back");
        await Assertions.Expect(page.Page.GetByText("please read it again")).ToBeVisibleAsync();

        var final = page.Page.GetByRole(AriaRole.Article).Filter(new LocatorFilterOptions { HasText = "Final answers" });
        await final.GetByLabel("Completion A").SelectOptionAsync("2");
        await final.GetByLabel("Completion B").SelectOptionAsync("1");
        await final.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Save as final" }).PressAsync("Enter");
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("The final answers are saved");
        await using (var db = served.Database.OpenReadContext())
        {
            var final1 = await db.Reviews.SingleAsync(r => r.Decision == ReviewDecision.Adjudicated, Cancellation);
            Assert.Equal([1], final1.Answers!["ranking"].Ranking![0]);
        }
        await served.ComputeQualityAsync(project);
        await page.Page.GotoAsync($"{served.Client.BaseAddress}projects/{project}/review");
        Assert.Equal(7, await page.Page.Locator("ol.task-list li").CountAsync());
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_researcher_makes_a_project_and_changes_its_settings()
    {
        await using var served = await ServedHome.StartAsync();
        await using var page = await chromium.OpenAsync(served, "projects/new", ColorScheme.Dark, 1280);
        await page.Page.GetByLabel("Name").FillAsync("ranked by hand");
        await page.Page.GetByLabel("Annotators per task").FillAsync("2");
        await page.Page.GetByLabel("Guidelines").FillAsync("Be fair.");
        await page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Make the project" }).ClickAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("The project is there");
        await page.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Settings" }).ClickAsync();
        await page.Page.GetByLabel("Minutes until an unanswered task goes to somebody else").FillAsync("0");
        await page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("leaseMinutes must be above 0");
        await page.Page.GetByLabel("Minutes until an unanswered task goes to somebody else").FillAsync("12");
        await page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("The settings are saved");
        await Assertions.Expect(page.Page.GetByLabel("Minutes until an unanswered task goes to somebody else")).ToHaveValueAsync("12");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task An_answer_is_seen_on_the_quality_page_without_a_reload()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await using var page = await chromium.OpenAsync(served, $"projects/{project}/quality", ColorScheme.Light, 1280);
        await page.Page.Locator(".interval-chart canvas").Nth(3).WaitForAsync();
        await page.Page.EvaluateAsync("window.same = true");
        await Assertions.Expect(page.Page.GetByText("10 tasks with answers")).ToBeVisibleAsync();
        await page.Page.Locator("html[data-live=on]").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        var labeling = served.Services.GetRequiredService<LabelingService>();
        var annotator = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        var task = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2])), cancellation: Cancellation);
        await page.Page.GetByText("11 tasks with answers").WaitForAsync();
        Assert.True(await page.Page.EvaluateAsync<bool>("window.same"));
        Assert.Empty(page.Complaints);
    }

    private static async Task<string> FirstTaskAsync(ServedHome served, Guid project)
    {
        await using var db = served.Database.OpenReadContext();
        var first = await db.Tasks.Where(t => t.ProjectId == project).OrderBy(t => t.Position).FirstAsync(Cancellation);
        return first.Id.ToString();
    }
}
