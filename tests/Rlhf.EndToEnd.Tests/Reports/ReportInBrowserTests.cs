using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Tests.Reports;
using Rlhf.Testing;

namespace Rlhf.EndToEnd.Tests.Reports;

/// <summary>The report as a person sees it, in the system's Chromium.</summary>
public sealed class ReportInBrowserTests(Chromium chromium) : IClassFixture<Chromium>, IDisposable
{
    /// <summary>Few, because the time of axe grows with the cells of the tables.</summary>
    private const int Updates = 12;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [ClassData(typeof(EveryLook))]
    public async Task Every_curve_is_drawn_and_nobody_is_shut_out(ColorScheme scheme, int width)
    {
        await using var page = await OpenAsync(ReportFixture.Quickstart(Updates), scheme, width);
        await DrawnAsync(page, 19);
        Assert.Equal(0, await page.OverflowAsync());
        await page.UnfoldAsync();
        Assert.Equal(0, await page.OverflowAsync());
        Assert.Empty(await page.AxeAsync());
        Assert.Empty(page.Complaints);
        Assert.Single(page.Requests);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Hostile_text_is_shown_and_never_run(ColorScheme scheme)
    {
        await using var page = await OpenAsync(ReportFixture.HostileRun(Updates), scheme, 360);
        await page.UnfoldAsync();
        // One more figure than lines: the curve named by the hostile text has two points with a gap between them.
        await DrawnAsync(page, 19);
        Assert.Equal(20, await page.Page.Locator(".chart svg").CountAsync());
        Assert.Equal("undefined", await page.Page.EvaluateAsync<string>("typeof window.hostile"));
        Assert.Equal(ReportFixture.Hostile, await page.Page.Locator(".sample .prompt p").First.TextContentAsync());
        Assert.Equal(0, await page.OverflowAsync());
        Assert.Empty(await page.AxeAsync());
        Assert.Empty(page.Complaints);
        Assert.Single(page.Requests);
    }

    [Fact]
    public async Task The_policy_stops_a_script_that_is_not_ours()
    {
        string path = _folder["report.html"];
        ReportWriter.Write(ReportFixture.Quickstart(Updates), path);
        // As if the escaping had failed.
        string html = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            path, html.Replace("</main>", "<script>window.hostile = 1</script><img src=x onerror=\"window.hostile = 2\"></main>"),
            TestContext.Current.CancellationToken);
        await using var page = await chromium.OpenAsync(new Uri(path).AbsoluteUri, ColorScheme.Light, 1280);
        await DrawnAsync(page, 19);
        Assert.Equal("undefined", await page.Page.EvaluateAsync<string>("typeof window.hostile"));
        Assert.Contains(page.Complaints, c => c.Contains("Content Security Policy"));
    }

    [Fact]
    public async Task Figures_follow_the_color_scheme_and_are_ink_on_white_in_print()
    {
        await using var page = await OpenAsync(ReportFixture.Quickstart(Updates), ColorScheme.Light, 1280);
        string light = await LineColorAsync(page);
        await page.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        await page.Page.WaitForFunctionAsync("before => document.querySelector('[data-chart=kl] "
            + "path[stroke-width=\"2\"]').getAttribute('stroke') !== before", light);
        string dark = await LineColorAsync(page);
        Assert.NotEqual(light, dark);
        await page.Page.EvaluateAsync("dispatchEvent(new Event('beforeprint'))");
        Assert.Equal(light, await LineColorAsync(page));
        await page.Page.EvaluateAsync("dispatchEvent(new Event('afterprint'))");
        Assert.Equal(dark, await LineColorAsync(page));
    }

    [Fact]
    public async Task A_run_without_results_is_a_sound_page_too()
    {
        await using var page = await OpenAsync(ReportFixture.Empty(), ColorScheme.Dark, 360);
        Assert.Equal(0, await page.OverflowAsync());
        Assert.Empty(await page.AxeAsync());
        Assert.Empty(page.Complaints);
    }

    public void Dispose() => _folder.Dispose();

    private Task<BrowserPage> OpenAsync(ReportData data, ColorScheme scheme, int width)
    {
        string path = _folder["report.html"];
        ReportWriter.Write(data, path);
        return chromium.OpenAsync(new Uri(path).AbsoluteUri, scheme, width);
    }

    /// <summary>Waits until that many figures hold a line of many points: axes and marks of a legend are shorter paths.</summary>
    private static async Task DrawnAsync(BrowserPage page, int lines) => await page.Page.WaitForFunctionAsync(
        "lines => [...document.querySelectorAll('.chart')].filter(c => [...c.querySelectorAll('svg path')].some(p => "
        + "p.getAttribute('d').length > 80)).length === lines",
        lines);

    private static Task<string> LineColorAsync(BrowserPage page) =>
        page.Page.EvaluateAsync<string>("document.querySelector('[data-chart=kl] path[stroke-width=\"2\"]').getAttribute('stroke')");
}
