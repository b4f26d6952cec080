using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Tests;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>The page of the API as a person sees it in the system's Chromium.</summary>
public sealed class ApiPageInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [ClassData(typeof(EveryLook))]
    public async Task Every_call_opens_and_the_page_is_sound(ColorScheme scheme, int width)
    {
        await using var served = await ServedHome.StartAsync();
        await using var page = await chromium.OpenAsync(served, "api", scheme, width);
        var submit = page.Page.Locator("details", new PageLocatorOptions { HasText = "Submit answers" });
        await submit.Locator("summary").ClickAsync();
        await Assertions.Expect(submit.Locator("pre").First).ToContainTextAsync("\"ranking\"");
        await page.CheckSoundAsync("api");
    }
}
