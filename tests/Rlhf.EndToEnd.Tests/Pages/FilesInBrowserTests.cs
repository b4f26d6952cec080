using System.Text;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Tests;
using Rlhf.Storage.Labeling;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>The page of a project's files, as a researcher sees it in the system's Chromium.</summary>
public sealed class FilesInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [ClassData(typeof(EveryLook))]
    public async Task The_page_and_a_preview_of_hostile_texts_are_sound(ColorScheme scheme, int width)
    {
        await using var served = await ServedHome.StartAsync();
        await using var page = await chromium.OpenAsync(served, await AddressAsync(served), scheme, width);
        await page.UnfoldAsync();
        await ChooseAsync(page, "pairs.jsonl", """
            {"prompt":"<img src=x onerror='window.hostile=1'>","chosen":"<script>window.hostile=1</script>","rejected":"؟ مرحبا \u202e\u200b 🌸"}
            {"prompt":"only"}
            """);
        await PressAsync(page, "Show the first rows");
        await Assertions.Expect(page.Page.GetByText("Read as preferences")).ToBeVisibleAsync();
        await Assertions.Expect(page.Page.GetByText("Line 2: no 'chosen'")).ToBeVisibleAsync();
        await page.CheckSoundAsync("files");
    }

    [Fact]
    public async Task A_file_is_shown_before_it_is_taken_and_another_choice_is_shown_again()
    {
        await using var served = await ServedHome.StartAsync();
        await using var page = await chromium.OpenAsync(served, await AddressAsync(served), ColorScheme.Light, 1280);
        var import = page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Import", Exact = true });
        await Assertions.Expect(import).ToBeHiddenAsync();
        await ChooseAsync(page, "pairs.csv", "question;good;bad\np;a;b\n");
        await PressAsync(page, "Show the first rows");
        await Assertions.Expect(page.Page.GetByText("no format that is known here has the columns")).ToBeVisibleAsync();
        await Assertions.Expect(import).ToBeHiddenAsync();

        await page.UnfoldAsync();
        await page.Page.GetByLabel("Names of columns").FillAsync("prompt=question\nchosen=good\nrejected=bad");
        await PressAsync(page, "Show the first rows");
        await Assertions.Expect(page.Page.GetByText("1 > 2")).ToBeVisibleAsync();
        await import.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page.GetByText("Added: 1 tasks, 1 answers. There already: 0 tasks.")).ToBeVisibleAsync();
        await Assertions.Expect(import).ToBeHiddenAsync();

        await PressAsync(page, "Show the first rows");
        await import.ClickAsync();
        await Assertions.Expect(page.Page.GetByText("Nothing in this file is new.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_export_is_a_link_that_downloads()
    {
        await using var served = await ServedHome.StartAsync();
        await using var page = await chromium.OpenAsync(served, await AddressAsync(served), ColorScheme.Light, 1280);
        var download = await page.Page.RunAndWaitForDownloadAsync(
            () => page.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "csv", Exact = true }).ClickAsync());
        Assert.Equal("files.lossless.csv", download.SuggestedFilename);
    }

    private static async Task<string> AddressAsync(ServedHome served) =>
        $"projects/{await new LabelingService(served.Database).CreateProjectAsync("files", cancellation: Cancellation)}/export";

    private static Task ChooseAsync(BrowserPage page, string name, string content) => page.Page.GetByLabel("File").SetInputFilesAsync(
        new FilePayload { Name = name, MimeType = "application/octet-stream", Buffer = Encoding.UTF8.GetBytes(content) });

    private static Task PressAsync(BrowserPage page, string button) =>
        page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = button }).ClickAsync();
}
