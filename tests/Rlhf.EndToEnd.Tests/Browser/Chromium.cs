using Microsoft.Playwright;

namespace Rlhf.EndToEnd.Tests.Browser;

/// <summary>The system's Chromium, driven by Playwright, one for all tests that share this fixture.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = OperatingSystem.IsWindows()
        ? ["chrome.exe", "msedge.exe"]
        : ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } path)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    /// <summary>A page of its own; the test is skipped, saying why, where there is no Chromium.</summary>
    public async Task<BrowserPage> OpenAsync(string address, ColorScheme scheme, int width)
    {
        if (_browser is null)
            Assert.Skip($"SKIPPED: no Chromium on PATH (tried {string.Join(", ", Names)})");
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
        });
        var page = new BrowserPage(context, await context.NewPageAsync());
        await page.Page.GotoAsync(address);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.CloseAsync();
        _playwright?.Dispose();
    }

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
}
