using Microsoft.Playwright;
using Rlhf.LabelingUi.Tests;

namespace Rlhf.EndToEnd.Tests.Browser;

/// <summary>The system's Chromium, driven by Playwright, one for all tests that share this fixture.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = OperatingSystem.IsWindows()
        ? ["chrome.exe", "msedge.exe"]
        : ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

    /// <summary>How long a page may take to show what is expected. Five seconds, the default, are short on a busy machine.</summary>
    private const float PatienceMilliseconds = 30_000;

    /// <summary>
    /// What no test needs. Two pages for the suggestions of the address bar and a renderer in reserve, which every window starts, cost
    /// more than most pages of the tests do. Chromium takes the last list that it is given, so this one also has what matters here of
    /// Playwright's own.
    /// </summary>
    private static readonly string[] s_off =
    [
        "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess", "AimEnabled",
        "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay", "MediaRouter",
        "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "Translate",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } path)
            return;
        Assertions.SetDefaultExpectTimeout(PatienceMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-features=" + string.Join(',', s_off),
            ],
        });
    }

    /// <summary>A page of a served home folder, signed in by cookie.</summary>
    /// <param name="served">The server.</param>
    /// <param name="path">The address below its root, without the first slash.</param>
    /// <param name="user">Who is signed in; the administrator where it is left out.</param>
    public async Task<BrowserPage> OpenAsync(ServedHome served, string path, ColorScheme scheme, int width, TestUser? user = null)
    {
        var cookie = (await served.SignInAsync(user ?? served.Admin)).SignIn!;
        return await OpenAsync($"{served.Client.BaseAddress}{path}", scheme, width,
            new Cookie { Name = cookie.Name, Value = cookie.Value, Url = served.Client.BaseAddress!.AbsoluteUri });
    }

    /// <summary>A page of its own; the test is skipped, saying why, where there is no Chromium.</summary>
    /// <param name="cookies">What the browser has from before.</param>
    public async Task<BrowserPage> OpenAsync(string address, ColorScheme scheme, int width, params Cookie[] cookies)
    {
        if (_browser is null)
            Assert.Skip($"SKIPPED: no Chromium on PATH (tried {string.Join(", ", Names)})");
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
        });
        await context.AddCookiesAsync(cookies);
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
