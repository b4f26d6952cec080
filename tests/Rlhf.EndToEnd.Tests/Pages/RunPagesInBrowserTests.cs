using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi;
using Rlhf.LabelingUi.Tests;
using Rlhf.LabelingUi.Tests.Runs;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>The pages of a run, of a pipeline run and of a metric, as a person sees them in the system's Chromium.</summary>
public sealed class RunPagesInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [ClassData(typeof(EveryLook))]
    public async Task Every_page_is_sound_in_both_colors_and_on_a_phone(ColorScheme scheme, int width)
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        var (waiting, stages) = SampleRuns.InState(SampleRuns.Start, RunState.Waiting, null, "120 of 400 rankings are there");
        var (failed, failedStages) = SampleRuns.InState(SampleRuns.Start, RunState.Failed, FailureKind.Diverged, "training "
            + "diverged at step 12");
        await SampleRuns.AddAsync(served.Database, (waiting, stages), (failed, failedStages));
        string[] addresses =
        [
            "runs", $"pipelines/{run.PipelineRunId}", $"pipelines/{waiting.Id}", $"runs/{run.Id}", $"runs/{failedStages[0].Id}",
            $"runs/{run.Id}/metric?name=loss/train&attempt=2",
        ];
        foreach (string address in addresses)
        {
            await using var page = await chromium.OpenAsync(served, address, scheme, width);
            await page.CheckSoundAsync(address);
        }
        await using var missing = await chromium.OpenAsync(served, "runs/none", scheme, width);
        Assert.Empty(await missing.AxeAsync());
    }

    [Fact]
    public async Task Curves_are_drawn_and_lead_to_their_values_by_keyboard()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        await using var page = await chromium.OpenAsync(served, $"runs/{run.Id}", ColorScheme.Light, 1280);
        await page.Page.Locator(".chart canvas").Nth(3).WaitForAsync();
        Assert.Equal("4", await page.Page.EvaluateAsync<string>("document.documentElement.dataset.charts"));
        await page.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Values of loss/train" }).FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        // Not WaitForURLAsync: a navigation that ends between its look at the address and its waiting is missed.
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("/metric\\?name=loss"));
        await page.Page.Locator(".wide canvas").First.WaitForAsync();
        Assert.Equal(600, await page.Page.Locator("tbody tr").CountAsync());
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task What_happens_is_seen_at_once_and_leaves_the_reader_where_they_are()
    {
        await using var served = await ServeAsync();
        var (pipeline, stages) = SampleRuns.InState(SampleRuns.Start, RunState.Running, null);
        await SampleRuns.AddAsync(served.Database, (pipeline, stages));
        await using var page = await chromium.OpenAsync(served, $"runs/{stages[0].Id}", ColorScheme.Light, 1280);
        await page.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "states, " }).FocusAsync();
        await page.Page.Locator("html[data-live=on]").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        Publish(ChangeTypes.RunProgress, new JsonObject { ["phase"] = "rollout", ["done"] = 12, ["total"] = 1480 });
        await page.Page.GetByText("rollout 12 of 1,480").WaitForAsync();

        await served.Database.WriteAsync(context =>
        {
            var row = context.Runs.Single(r => r.Id == stages[0].Id);
            (row.State, row.Reason) = (RunState.Failed, "stopped by hand");
            return Task.CompletedTask;
        }, TestContext.Current.CancellationToken);
        Publish(ChangeTypes.RunState, []);
        await page.Page.GetByText("stopped by hand").WaitForAsync();
        // Focus, and what the script itself wrote, are still there.
        Assert.Equal("A", await page.Page.EvaluateAsync<string>("document.activeElement.nodeName"));
        Assert.Empty(page.Complaints);

        void Publish(string type, JsonObject payload) =>
            served.Feed.Publish(new Change(type, pipeline.Id, stages[0].Id, DateTimeOffset.UtcNow, payload));
    }

    private static Task<ServedHome> ServeAsync() => ServedHome.StartAsync(new WebSettings(), builder =>
        builder.Services.AddSingleton(
            new StageCatalog(new Dictionary<string, Type> { ["reward"] = typeof(RewardOptions), ["ppo"] = typeof(PpoOptions) })));
}
