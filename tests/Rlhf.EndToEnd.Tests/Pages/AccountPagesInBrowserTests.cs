using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>Signing in, and the pages about accounts, as a person sees them in the system's Chromium.</summary>
public sealed class AccountPagesInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [ClassData(typeof(EveryLook))]
    public async Task Every_page_is_sound_in_both_colors_and_on_a_phone(ColorScheme scheme, int width)
    {
        await using var served = await ServedHome.StartAsync();
        await served.AddUserAsync(AccountRole.Annotator, "Anastasia Anastasiadou-Papadopoulou of Thessaloniki");
        string invitation = await InviteAsync(served);
        foreach (string address in new[] { "", "account", "account/tokens", "account/users", "account/invitations", "status/403" })
        {
            await using var page = await chromium.OpenAsync(served, address, scheme, width);
            await page.CheckSoundAsync(address, complains: address.StartsWith("status", StringComparison.Ordinal));
        }
        foreach (string address in new[] { "account/sign-in", invitation, "join/nothing?workerId=W1", "account/sign-out" })
        {
            string german = $"{address}{(address.Contains('?') ? '&' : '?')}culture=de";
            await using var page = await chromium.OpenAsync($"{served.Client.BaseAddress}{german}", scheme, width);
            await page.CheckSoundAsync(address, complains: address.StartsWith("join", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task An_invited_person_makes_an_account_chooses_a_language_and_signs_out_by_keyboard()
    {
        await using var served = await ServedHome.StartAsync();
        await using var page = await chromium.OpenAsync(
            $"{served.Client.BaseAddress}{await InviteAsync(served)}", ColorScheme.Light, 1280);
        await page.Page.GetByLabel("Name").FocusAsync();
        await page.Page.Keyboard.TypeAsync("ana");
        await page.Page.Keyboard.PressAsync("Tab");
        await page.Page.Keyboard.TypeAsync("a sentence of her own");
        await page.Page.Keyboard.PressAsync("Enter");
        var menu = page.Page.Locator(".menu summary");
        await Assertions.Expect(menu).ToHaveTextAsync("ana");
        await menu.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Deutsch" }).FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page.Locator("html")).ToHaveAttributeAsync("lang", "de");
        await menu.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Abmelden" }).FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("/account/sign-in"));
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Anmelden");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_live_page_whose_sign_in_has_ended_keeps_what_it_shows()
    {
        await using var served = await ServedHome.StartAsync();
        await using var page = await chromium.OpenAsync(served, "runs", ColorScheme.Light, 1280);
        await page.Page.Locator("html[data-live=on]").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        await page.Page.Context.ClearCookiesAsync();
        var fetched = page.Page.WaitForResponseAsync(new Regex("/account/sign-in"));
        served.Feed.Publish(new Storage.Changes.Change(
            Storage.Changes.ChangeTypes.PipelineState, null, null, DateTimeOffset.UtcNow, []));
        await fetched;
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Level = 1 })).ToHaveTextAsync("Runs");
    }

    /// <summary>The address of an invitation below the root.</summary>
    private static async Task<string> InviteAsync(ServedHome served)
    {
        using var answer = await served.Client.PostAsJsonAsync("/api/v1/invitations", new { }, Cancellation);
        string url = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("url").GetString()!;
        return new Uri(url).PathAndQuery.TrimStart('/');
    }
}
