using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Tests;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>Makes the pictures of the README: tests/bars/pictures.sh names the folder (RLHF_PICTURES).</summary>
public sealed class ReadmePictures(Chromium chromium) : IClassFixture<Chromium>
{
    private const int Width = 1120, Height = 720, HeightOfCharts = 1500;

    private static string? Folder => Environment.GetEnvironmentVariable("RLHF_PICTURES");

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task The_pages_of_labeling(ColorScheme scheme)
    {
        if (Folder is not { } folder)
        {
            Assert.Skip("SKIPPED: makes files; tests/bars/pictures.sh runs it (RLHF_PICTURES)");
            return;
        }
        await using var served = await ServedHome.StartAsync();
        var (project, disputed) = await PictureProject.AddAsync(served);
        await served.ComputeQualityAsync(project);
        await using var page = await chromium.OpenAsync(served, $"label/{project}", scheme, Width);
        await page.Page.SetViewportSizeAsync(Width, Height);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await page.Page.GetByText("Three things keep a sourdough flat").WaitForAsync();
        foreach (string key in new[] { "2", "1", "1" })
            await page.Page.Keyboard.PressAsync(key);
        await TakeAsync("label");
        foreach (var (name, address) in new[]
        {
            ("project", $"projects/{project}"), ("quality", $"projects/{project}/quality"),
            ("review", $"projects/{project}/review/{disputed}"),
        })
        {
            await page.Page.GotoAsync(served.Client.BaseAddress + address);
            await page.Page.SetViewportSizeAsync(Width, name == "quality" ? HeightOfCharts : Height);
            await TakeAsync(name);
        }
        Assert.Empty(page.Complaints);

        async Task TakeAsync(string name)
        {
            await page.Page.WaitForLoadStateAsync(LoadState.Load);
            await page.Page.EvaluateAsync("document.fonts.ready");
            await page.Page.ScreenshotAsync(new()
            {
                Path = Path.Combine(folder, $"{name}-{scheme}.png".ToLowerInvariant()),
                Animations = ScreenshotAnimations.Disabled,
            });
        }
    }
}
