using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi;
using Rlhf.LabelingUi.Features.Projects.Training;
using Rlhf.LabelingUi.Tests;
using Rlhf.LabelingUi.Tests.Projects;
using Rlhf.Storage.Entities;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>The pages that sample a policy and train a reward model, as a researcher sees them in the system's Chromium.</summary>
public sealed class TrainingPagesInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Every_page_is_sound_in_both_colors_and_on_a_phone(ColorScheme scheme, int width)
    {
        await using var served = await ServedHome.StartAsync(
            new WebSettings(), builder => builder.Services.AddSingleton(LabeledProject.Catalog));
        await using var page = await chromium.OpenAsync(served, "", scheme, width);
        // The first steps of an empty home folder.
        await CheckAsync(page, "first steps");
        await OpenAsync("projects/sample");
        // What is wrong stands above the form.
        await page.Page.Locator("input[name='Request.Model']").FillAsync("no/full/path");
        await page.Page.Locator("main form button").ClickAsync();
        await page.Page.GetByRole(AriaRole.Alert).WaitForAsync();
        await CheckAsync(page, "a refused form");

        var empty = await LabeledProject.AddAsync(served, rankings: 0, policy: null, name: "nothing ranked");
        await OpenAsync($"projects/{empty}/train");
        // Without a policy the page asks for a model.
        var unknown = await LabeledProject.AddAsync(served, rankings: 6, policy: null, name: "of no policy");
        await OpenAsync($"projects/{unknown}/train");
        var trained = await LabeledProject.AddAsync(served, rankings: 6, policy: "models/start");
        await TrainAsync(served, trained);
        foreach (string address in new[] { $"projects/{trained}/train", $"projects/{trained}" })
        {
            await OpenAsync(address);
            await Assertions.Expect(page.Page.GetByText("75.0 % (61.0 % to 90.0 %)")).ToBeVisibleAsync();
        }

        async Task OpenAsync(string address)
        {
            await page.Page.GotoAsync(served.Client.BaseAddress + address);
            await CheckAsync(page, address);
        }
    }

    private static async Task CheckAsync(BrowserPage page, string name)
    {
        await page.UnfoldAsync();
        Assert.Equal((name, 0), (name, await page.OverflowAsync()));
        Assert.Empty((await page.AxeAsync()).Select(violation => $"{name}: {violation}"));
        Assert.Empty(page.Complaints.Select(complaint => $"{name}: {complaint}"));
    }

    /// <summary>One model that has learnt something, and one that has failed.</summary>
    private static async Task TrainAsync(ServedHome served, Guid project)
    {
        var training = served.Services.GetRequiredService<ProjectTraining>();
        var done = await training.StartAsync(project, null, rule: null, "rita", Cancellation);
        var failed = await training.StartAsync(project, null, rule: null, "rita", Cancellation);
        await served.Database.WriteAsync(db =>
        {
            db.Add(Reward(done, RunState.Succeeded, LabeledProject.Result(0.75), null));
            db.Add(Reward(failed, RunState.Failed, null, "training diverged at step 12"));
            return Task.CompletedTask;
        }, Cancellation);
    }

    private static Run Reward(Guid pipeline, RunState state, string? result, string? reason) => new()
    {
        PipelineRunId = pipeline,
        Kind = "reward",
        Options = "{}",
        State = state,
        Created = LabeledProject.At(9),
        Result = result,
        Reason = reason,
    };
}
