using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Tests.Projects;
using Rlhf.LabelingUi.Tests.Runs;

namespace Rlhf.LabelingUi.Tests.Texts;

/// <summary>Every main page in every language: its headings, and numbers and times as they are written there.</summary>
public sealed class PagesInLanguagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_main_page_has_its_headings_in_german_and_chinese()
    {
        await using var served = await ServeAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        string own = $"/projects/{project}", task = await FirstTaskAsync(served, project);
        await served.ComputeQualityAsync(project);
        // The page, and what stands in one of its headings.
        (string Address, string German, string Chinese)[] pages =
        [
            ("/", "Start", "首页"), ("/runs", "Läufe", "运行"), ($"/pipelines/{run.PipelineRunId}", "Stufen", "阶段"),
            ($"/runs/{run.Id}", "Woraus er entstand", "来源与产物"), ($"/runs/{run.Id}/metric?name=loss/train", "Werte", "数值"),
            ("/projects", "Projekte", "项目"), ("/projects/new", "Neues Projekt", "新建项目"),
            ("/projects/sample", "Policy", "采样"), (own, "Neueste Antworten", "最新回答"), (own + "/tasks", "Aufgaben", "任务"),
            (own + "/members", "Mitglieder", "成员"), (own + "/quality", "Übereinstimmung", "一致性"),
            (own + "/review", "Uneinigkeit", "分歧"), ($"{own}/review/{task}", "Endgültige Antworten", "最终回答"),
            (own + "/settings", "Einstellungen", "设置"), (own + "/export", "Exportieren", "导出"),
            (own + "/train", "Was diese Rangfolgen lehren", "这些排序能教会什么"),
            ($"/label/{project}", "Tasten", "快捷键"), ($"/label/{project}/history", "Ihre Antworten", "您的答案"),
            ("/account", "Passwort", "密码"), ("/account/tokens", "API-Tokens", "API 令牌"), ("/account/users", "Benutzer", "用户"),
            ("/account/invitations", "Einladung", "邀请"), ("/api", "API", "API"),
            ("/status/403", "Das dürfen Sie nicht sehen", "您无权查看此页"),
            ("/no/such/page", "Hier ist nichts", "这里没有内容"),
        ];
        var browser = await served.SignInAsync(served.Admin);
        foreach (var (address, german, chinese) in pages)
        {
            foreach (var (language, heading) in new[] { ("de", german), ("zh-Hans", chinese) })
            {
                string html = await GetAsync(browser.Client, address, language);
                Assert.True(html.Contains($"<html lang=\"{language}\">"), $"{address} is not in {language}");
                string[] headings = [.. Regex.Matches(html, "<h[1-4][^>]*>(.*?)</h[1-4]>", RegexOptions.Singleline)
                    .Select(match => match.Groups[1].Value)];
                Assert.True(headings.Any(h => h.Contains(heading)), $"{address} in {language}: {string.Join(" | ", headings)}");
            }
        }
    }

    [Fact]
    public async Task Prose_follows_the_language_and_what_programs_read_does_not()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        var (project, _) = await SampleProject.AddAsync(served.Database);
        var browser = await served.SignInAsync(served.Admin);
        foreach (var (language, parts) in new[]
        {
            ("de", new[] { "24.11.2026 09:30 UTC", "dauerte 42,0\u00a0s", "0,713", "9.600", "1.600 Rangfolgen zu 400 Prompts", "größter" }),
            ("zh-Hans", ["2026年11月24日 09:30 UTC", "用时 42.0\u00a0秒", "0.713", "9,600", "400 个提示的 1,600 个排序", "最高"]),
        })
        {
            string html = await GetAsync(browser.Client, $"/runs/{run.Id}", language);
            Assert.All(parts, part => Assert.Contains(part, html));
            // The values of charts, times for programs, options as they are typed.
            Assert.Matches("data-chart=[^\n]*\\[\\d+,-?\\d+\\.\\d+\\]", html);
            Assert.Contains("datetime=\"2026-11-24T09:30:33", html);
            Assert.Contains("<strong>0.0005</strong>", html);

            string settings = await GetAsync(browser.Client, $"/projects/{project}/settings", language);
            Assert.Matches("id=\"leaseMinutes\"[^>]*value=\"\\d+\"", settings);
            string sample = await GetAsync(browser.Client, "/projects/sample", language);
            Assert.Matches("name=\"Request.Temperature\"[^>]*value=\"0\\.7\"", Regex.Replace(sample, "\\s+", " "));
        }
    }

    [Theory]
    [InlineData("de", "Nichts wurde geändert:", "Minuten, bis eine Aufgabe an andere geht: über 0 und höchstens 10080; angegeben ist -1")]
    [InlineData("zh-Hans", "未作任何更改：", "任务转给他人前的分钟数：应大于 0 且不超过 10080；输入的是 -1")]
    public async Task What_is_wrong_is_said_in_the_language_of_the_page_at_its_field(string language, string nothing, string error)
    {
        await using var served = await ServeAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        var browser = await served.SignInAsync(served.Admin);
        using var refused = await browser.SubmitAsync($"/projects/{project}/settings?culture={language}", "settings",
            [("overlap", "5"), ("leaseMinutes", "-1")], Cancellation);
        string html = WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync(Cancellation));
        Assert.Contains($"{nothing} {error}", Regex.Replace(html, "\\s+", " "));
        Assert.Matches($"id=\"leaseMinutes-wrong\">\\s*{Regex.Escape(error)}", html);
        Assert.Matches("<input[^>]*id=\"leaseMinutes\"[^>]*aria-invalid=\"true\"", html);
    }

    private static async Task<string> GetAsync(HttpClient client, string address, string language)
    {
        // A page that stands for another one (not found, refused) has lost the address, but not what the browser prefers.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{address}{(address.Contains('?') ? '&' : '?')}culture={language}");
        request.Headers.AcceptLanguage.ParseAdd(language);
        using var answer = await client.SendAsync(request, Cancellation);
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task<string> FirstTaskAsync(ServedHome served, Guid project)
    {
        await using var db = served.Database.OpenReadContext();
        var first = await db.Tasks.Where(t => t.ProjectId == project).OrderBy(t => t.Position).FirstAsync(Cancellation);
        return first.Id.ToString();
    }

    private static Task<ServedHome> ServeAsync() => ServedHome.StartAsync(
        new WebSettings(), builder => builder.Services.AddSingleton(LabeledProject.Catalog));
}
