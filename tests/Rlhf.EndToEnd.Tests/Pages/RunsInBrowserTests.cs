using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Tests;
using Rlhf.LabelingUi.Tests.Runs;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Tests.Reports;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>The list of runs, and a report behind it, as a person sees them in the system's Chromium.</summary>
public sealed class RunsInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task The_list_is_sound_and_leads_to_the_report(ColorScheme scheme, int width)
    {
        await using var served = await ServedHome.StartAsync();
        var done = SampleRuns.Done(SampleRuns.Start);
        await SampleRuns.AddAsync(
            served.Database, done, SampleRuns.Failed(SampleRuns.Start.AddHours(1)), SampleRuns.AtWork(SampleRuns.Start.AddHours(2)));
        ReportWriter.Write(ReportFixture.HostileRun(updates: 12), served.Home.Report(done.Item1.Id));

        await using var page = await chromium.OpenAsync(served, "runs", scheme, width);
        Assert.Equal(3, await page.Page.Locator("article").CountAsync());
        Assert.Equal(0, await page.OverflowAsync());
        Assert.Empty(await page.AxeAsync());
        Assert.Equal("undefined", await page.Page.EvaluateAsync<string>("typeof window.hostile"));

        await page.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Report of quickstart" }).ClickAsync();
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("/reports/"));
        await page.Page.Locator(".chart svg").First.WaitForAsync();
        Assert.Equal("undefined", await page.Page.EvaluateAsync<string>("typeof window.hostile"));
        // The sandbox: an origin of its own.
        Assert.Equal("null", await page.Page.EvaluateAsync<string>("self.origin"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_run_that_ends_is_seen_to_end_without_a_reload()
    {
        await using var served = await ServedHome.StartAsync();
        var work = SampleRuns.AtWork(SampleRuns.Start);
        await SampleRuns.AddAsync(served.Database, work);
        await using var page = await chromium.OpenAsync(served, "runs", ColorScheme.Light, 1280);
        await page.Page.EvaluateAsync("window.same = true");
        await served.Database.WriteAsync(context =>
        {
            context.PipelineRuns.Single().State = Storage.Entities.RunState.Failed;
            context.PipelineRuns.Single().Reason = "stopped by hand";
            return Task.CompletedTask;
        }, TestContext.Current.CancellationToken);
        await page.Page.GetByText("stopped by hand").WaitForAsync();
        Assert.True(await page.Page.EvaluateAsync<bool>("window.same"));
        Assert.Empty(page.Complaints);
    }
}
