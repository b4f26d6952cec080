using Microsoft.Playwright;
using Rlhf.Core.Content;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>Texts that come from models and strangers are only ever shown.</summary>
public sealed class HostileTextTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly string[] Scripts =
    [
        "<script>window.hostile = 1</script><img src=x onerror='window.hostile = 2'>",
        "</script></article><iframe srcdoc='<script>parent.hostile = 3</script>'></iframe>",
        "[click](javascript:window.hostile=4) ![x](http://127.0.0.1:9/x.png) <svg onload=window.hostile=5>",
        "```html\n<script>window.hostile = 6</script>\n```\n# heading\n<style>* { display: none }</style>",
    ];

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Markup_is_text(ColorScheme scheme, int width)
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Given = [SampleProject.Task(string.Join("\n\n", Scripts), Scripts)],
            Guidelines = Scripts[0],
        }, scheme, width);
        await session.Page.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await session.TaskAsync();
        foreach (string scriptText in new[] { "window.hostile = 1", "window.hostile = 6" })
            Assert.Contains(scriptText, string.Concat(await session.Page.Locator(".response-body").AllInnerTextsAsync()));
        Assert.Equal("undefined", await session.Page.EvaluateAsync<string>("typeof window.hostile"));
        Assert.Equal(0, await session.Page.Locator("#task img, #task iframe, #task svg, #task script, #task style, #task a").CountAsync());
        Assert.Equal(0, await session.Browser.OverflowAsync());
        Assert.Empty(await session.Browser.AxeAsync());
        await session.PressAsync("0", "Enter");
        await session.StoredAsync(1);
        Assert.DoesNotContain(session.Browser.Requests, request => request.Contains("127.0.0.1:9/"));
        Assert.Empty(session.Browser.Complaints);
    }

    [Fact]
    public async Task Long_unbroken_right_to_left_and_invisible_texts_break_no_layout()
    {
        string[] texts =
        [
            new('x', 1_000_000),
            "مرحبا بالعالم، هذا نص من اليمين إلى اليسار. \u202e reversed",
            "a\u200b\u200d\u2060b 👩‍👩‍👧‍👦 \ud83d " + new string('\u0301', 200),
            string.Concat(Enumerable.Repeat("**[a](_`", 5000)),
        ];
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Given = [SampleProject.Task("prompt", texts)],
        }, width: 360, height: 740);
        await session.TaskAsync();
        Assert.Equal(0, await session.Browser.OverflowAsync());
        var arabic = session.Page.Locator(".response-body p", new() { HasText = "مرحبا" });
        Assert.Equal("rtl", await arabic.EvaluateAsync<string>("p => getComputedStyle(p).direction"));
        // What turns the direction around ends with its response.
        Assert.Equal("isolate", await session.Page.Locator(".response-body").First.EvaluateAsync<string>(
            "body => getComputedStyle(body).unicodeBidi"));
        await session.PressAsync("0", "Enter");
        await session.StoredAsync(1);
    }

    [Fact]
    public async Task A_conversation_has_its_system_message_and_turns_and_markdown_is_formatted_unless_the_project_says_otherwise()
    {
        Message Say(string role, string text) => Message.FromText(role, text);
        var task = new NewTask(
            [
                Say("system", "Be brief."), Say("user", "Hello"), Say("assistant", "Hi!"),
                Say("user", "Show **code**:\n\n```\nint x;\n```"),
            ],
            [
                NewCompletion.FromText("# Title\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |"), NewCompletion.FromText("plain"),
            ]);
        await using (var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Given = [task] }))
        {
            await session.TaskAsync();
            await Expect(session.Page.Locator(".prompt .turn-role")).ToHaveTextAsync(["System", "Person", "Assistant", "Person"]);
            await Expect(session.Page.Locator(".prompt strong")).ToHaveTextAsync("code");
            await Expect(session.Page.Locator(".prompt pre code")).ToHaveTextAsync("int x;");
            await Expect(session.Page.Locator(".response ol li")).ToHaveTextAsync(["one", "two"]);
            await Expect(session.Page.Locator(".response td")).ToHaveTextAsync(["1", "2"]);
            // As it was written, by key.
            await session.PressAsync("t");
            await Expect(session.Page.Locator(".response ol")).ToHaveCountAsync(0);
            Assert.Contains("1. one\n2. two", string.Concat(await session.Page.Locator(".response-body").AllInnerTextsAsync()));
        }
        await using var plain = await LabelingSession.OpenAsync(
            chromium, new SampleProject { Given = [task], Settings = new ProjectSettings { PlainText = true } });
        await plain.TaskAsync();
        await Expect(plain.Page.Locator("#task strong, #task ol")).ToHaveCountAsync(0);
        Assert.Contains("**code**", await plain.Prompt.InnerTextAsync());
    }
}
