using System.Net;
using System.Text.RegularExpressions;

namespace Rlhf.LabelingUi.Tests.Texts;

/// <summary>Which language a page has.</summary>
public sealed class LanguageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", null, "en", "Sign in")]
    [InlineData("", "de-AT,en;q=0.5", "de", "Anmelden")]
    [InlineData("", "fr,zh-CN;q=0.8,de;q=0.5", "zh-Hans", "登录")]
    [InlineData("", "zh-TW,de;q=0.5", "de", "Anmelden")]
    [InlineData("", "fr", "en", "Sign in")]
    [InlineData("?culture=zh-Hans", "de", "zh-Hans", "登录")]
    [InlineData("?culture=xx", "de", "de", "Anmelden")]
    public async Task The_address_and_the_browser_choose(string query, string? accepted, string language, string title)
    {
        await using var served = await ServedHome.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/account/sign-in" + query);
        if (accepted is not null)
            request.Headers.Add("Accept-Language", accepted);
        using var answer = await served.NewClient().SendAsync(request, Cancellation);
        string html = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Contains($"<html lang=\"{language}\">", html);
        Assert.Contains($"<h1>{title}</h1>", html);
    }

    [Fact]
    public async Task The_chooser_is_remembered_by_the_browser_and_by_the_account()
    {
        await using var served = await ServedHome.StartAsync();
        using var browser = await served.SignInAsync(served.Admin);
        string html = await browser.Client.GetStringAsync("/runs?culture=de&x=1", Cancellation);
        string token = WebUtility.HtmlDecode(Regex.Match(html, "__RequestVerificationToken\" value=\"([^\"]*)\"").Groups[1].Value);
        string back = WebUtility.HtmlDecode(Regex.Match(html, "name=\"returnUrl\" value=\"([^\"]*)\"").Groups[1].Value);
        Assert.Equal("/runs?x=1", back);
        using var answer = await browser.Client.PostAsync("/account/language", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["__RequestVerificationToken"] = token,
            ["language"] = "zh-Hans",
            ["returnUrl"] = back,
        }), Cancellation);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(back, answer.Headers.Location!.ToString());
        Assert.Contains("<html lang=\"zh-Hans\">", await browser.Client.GetStringAsync("/", Cancellation));
        // In another browser, after signing in.
        using var other = await served.SignInAsync(served.Admin);
        Assert.Contains("<html lang=\"zh-Hans\">", await other.Client.GetStringAsync("/", Cancellation));
    }

    [Theory]
    [InlineData("zh-Hans", false)]
    [InlineData("xx", true)]
    public async Task A_form_of_another_site_or_another_language_is_refused(string language, bool withToken)
    {
        await using var served = await ServedHome.StartAsync();
        using var browser = served.NewBrowser();
        string html = await browser.Client.GetStringAsync("/account/sign-in", Cancellation);
        string token = WebUtility.HtmlDecode(Regex.Match(html, "__RequestVerificationToken\" value=\"([^\"]*)\"").Groups[1].Value);
        using var answer = await browser.Client.PostAsync("/account/language", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["__RequestVerificationToken"] = withToken ? token : "",
            ["language"] = language,
        }), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }
}
