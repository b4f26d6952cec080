using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>Cases that users of other labeling tools ran into, at the annotator's page.</summary>
public sealed class CaseTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Case_4_loading_the_page_takes_one_lease_and_a_get_takes_none()
    {
        await using var session = await LabelingSession.OpenAsync(
            chromium, new SampleProject { Settings = new ProjectSettings { MaxLeases = 1 } });
        await session.TaskAsync();
        await session.EventuallyAsync(db => db.Assignments.CountAsync(Cancellation), count => count == 1);
        var other = await session.Served.AddUserAsync(AccountRole.Annotator);
        for (int i = 0; i < 2; i++)
        {
            using var answer = await other.Client.GetAsync($"/label/{session.Project}", Cancellation);
            Assert.True(answer.IsSuccessStatusCode);
        }
        await using var db = session.Served.Database.OpenReadContext();
        Assert.Equal(1, await db.Assignments.CountAsync(Cancellation));
        Assert.False(await db.Members.AnyAsync(m => m.AnnotatorId == other.AnnotatorId, Cancellation));
    }

    [Fact]
    public async Task Case_5_with_15_clients_beside_it_the_button_works_and_each_task_has_one_answer()
    {
        const int tasks = 60;
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Tasks = tasks });
        await session.TaskAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 15).Select(_ => session.Served.AddUserAsync(AccountRole.Annotator)));
        var work = clients.Select(user => LabelAllAsync(user.Client, session.Project)).ToList();
        for (int i = 0; i < 5 && await session.Page.Locator("#work").IsVisibleAsync(); i++)
        {
            await session.Page.Locator(".response").First.Locator(".pick").ClickAsync();
            await session.PressAsync("0");
            await session.Page.Locator(".actions .submit").ClickAsync();
        }
        await Task.WhenAll(work);
        while (await session.Page.Locator("#work").IsVisibleAsync())
        {
            await session.PressAsync("0");
            await session.SubmitAsync();
        }
        var stored = await session.StoredAsync(tasks);
        Assert.Equal(tasks, stored.Select(a => a.TaskId).Distinct().Count());
        Assert.Contains(stored, a => a.AnnotatorId == session.User.AnnotatorId);
    }

    [Fact]
    public async Task Case_6_somebody_who_waits_is_told_until_when_and_gets_the_seat_that_comes_back()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Tasks = 1 });
        await session.TaskAsync();
        await using var other = await LabelingSession.JoinAsync(chromium, session.Served, session.Project);
        await other.Page.Clock.InstallAsync();
        await other.Page.ReloadAsync();
        await Expect(other.Page.Locator("#waiting")).ToContainTextAsync("All seats are taken; the next may come free at");
        await session.Served.Database.WriteAsync(db => db.Assignments.ExecuteUpdateAsync(
            set => set.SetProperty(a => a.Expires, DateTimeOffset.UtcNow.AddSeconds(-1)), Cancellation), Cancellation);
        await other.Page.Clock.FastForwardAsync("01:01");
        Assert.Equal("prompt 0", await other.TaskAsync());
    }

    [Fact]
    public async Task Case_7_keys_inside_a_text_box_are_text()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Questions = [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?")],
        });
        await session.TaskAsync();
        var box = session.Page.GetByRole(AriaRole.Textbox, new() { Name = "Why?" });
        await box.FocusAsync();
        await session.Page.Keyboard.TypeAsync("12su?=");
        await session.PressAsync("ArrowLeft", "x", "Enter");
        await Expect(box).ToHaveValueAsync("12su?x\n=");
        Assert.DoesNotContain("1st", await session.PlacesAsync());
        await Expect(session.Page.Locator("dialog[open]")).ToHaveCountAsync(0);
        // Escape: keys are commands again.
        await session.PressAsync("Escape", "1");
        Assert.Contains("1st", await session.PlacesAsync());
        await Expect(box).ToHaveValueAsync("12su?x\n=");
    }

    [Fact]
    public async Task Case_8_the_number_pad_ranks_like_the_digits()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        await session.PressAsync("Numpad3", "Shift+Numpad1");
        // A keyboard whose upper row gives other characters without Shift.
        await session.Page.EvaluateAsync(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'é', code: 'Digit2', bubbles: true }))");
        await Expect(session.Page.Locator(".strip")).ToHaveAttributeAsync("aria-label", "Order: 3 > 1 > 2 > 4");
        await session.PressAsync("NumpadEnter");
        await session.StoredAsync(1);
    }

    [Fact]
    public async Task Case_9_long_texts_open_by_key_and_click_and_nothing_slides_away_under_the_pointer()
    {
        string[] texts = [.. "abcd".Select(letter => LayoutTests.Words(2000, letter.ToString()))];
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Given = [SampleProject.Task("first prompt", texts), SampleProject.Task("second prompt", texts)],
        });
        await session.TaskAsync();
        var page = session.Page;
        Assert.Equal(4, await page.Locator(".folded").CountAsync());
        var button = session.Cards.First.Locator(".fold");
        await Expect(button).ToHaveTextAsync("Show all 2000 words");
        var before = (await button.BoundingBoxAsync())!;
        await button.ClickAsync();
        await Expect(page.Locator(".folded")).ToHaveCountAsync(3);
        var after = (await button.BoundingBoxAsync())!;
        Assert.Equal(before.Y, after.Y, 1f);
        await button.ClickAsync();
        await Expect(page.Locator(".folded")).ToHaveCountAsync(4);

        // By key: the focused response, whose head stays in view while its text scrolls.
        await session.Cards.Nth(3).FocusAsync();
        await session.PressAsync("e");
        await Expect(page.Locator(".folded")).ToHaveCountAsync(3);
        await page.Mouse.WheelAsync(0, 1500);
        await session.PressAsync("0");
        await session.SubmitAsync();
        await Expect(session.Prompt).ToHaveTextAsync("second prompt");
        Assert.Equal(0, await page.EvaluateAsync<double>("scrollY"));
        Assert.True((await session.Prompt.BoundingBoxAsync())!.Y > 0);
    }

    [Fact]
    public async Task Case_12_what_was_entered_by_keys_reads_the_same_through_the_api_in_the_file_and_in_pairs_for_TRL()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        await session.TaskAsync();
        string[] digits = [.. await Task.WhenAll(new[] { "a", "b", "c", "d" }.Select(session.DigitOfAsync))];
        await session.PressAsync(digits[2], digits[0], digits[1], digits[1], digits[3]);
        await session.SubmitAsync();
        Assert.Equal("c > a = b > d", LabelingSession.Order(Assert.Single(await session.StoredAsync(1)).Answers["ranking"]));

        var client = session.Served.Client;
        string api = $"/api/v1/projects/{session.Project}/export?format=";
        var read = (await client.GetFromJsonAsync<JsonElement>($"/api/v1/annotations?project={session.Project}", Cancellation))[0];
        var texts = read.GetProperty("completions").EnumerateArray()
            .ToDictionary(c => c.GetProperty("id").GetString()!, c => c.GetProperty("text").GetString()![0]);
        Assert.Equal("c > a = b > d", string.Join(" > ", read.GetProperty("ranking").EnumerateArray().Select(group =>
            string.Join(" = ", group.EnumerateArray().Select(id => texts[id.GetString()!]).Order()))));
        // JSON lines: the project, then its tasks, of which the others are not answered.
        var record = (await client.GetStringAsync(api + "rankings", Cancellation)).TrimEnd().Split('\n').Skip(1)
            .Select(line => JsonDocument.Parse(line).RootElement).Single(task => task.GetProperty("assignments").EnumerateArray()
                .Any(a => a.GetProperty("annotations").GetArrayLength() > 0));
        Assert.Equal("[[2],[0,1],[3]]", record.GetProperty("assignments")[0].GetProperty("annotations")[0].GetProperty("answers")
            .GetProperty("ranking").GetProperty("ranking").GetRawText().Replace(" ", "", StringComparison.Ordinal));
        // TRL: every pair with an order, none of the tie.
        Assert.Equal(["a>d", "b>d", "c>a", "c>b", "c>d"], (await client.GetStringAsync(api + "trl-explicit", Cancellation)).TrimEnd()
            .Split('\n').Select(line => JsonDocument.Parse(line).RootElement).Select(pair =>
                $"{pair.GetProperty("chosen").GetString()!.TrimStart()[0]}>{pair.GetProperty("rejected").GetString()!.TrimStart()[0]}")
            .Order());
    }

    [Fact]
    public async Task Case_13_a_required_answer_that_is_missing_gets_the_focus_and_is_announced()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Questions = [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?") { Required = true, MinLength = 10 }],
        });
        await session.TaskAsync();
        await session.PressAsync("0", "Enter");
        var box = session.Page.GetByRole(AriaRole.Textbox, new() { Name = "Why?" });
        await Expect(box).ToBeFocusedAsync();
        await Expect(session.Page.Locator("[data-announce]:not(:empty)")).ToHaveTextAsync("Why?: Please write an answer.");
        await box.FillAsync("short");
        await session.PressAsync("Control+Enter");
        await Expect(session.Page.Locator("[data-announce]:not(:empty)")).ToHaveTextAsync("Why?: The text needs at least 10 characters.");
        Assert.Empty(await session.StoredAsync(0));
        await box.FillAsync("long enough now");
        await session.PressAsync("Control+Enter");
        await session.StoredAsync(1);
    }

    [Fact]
    public async Task Case_14_four_still_minutes_are_reading_on_a_long_task_and_idle_on_a_short_one()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Given =
            [
                SampleProject.Task("long", [.. "abcd".Select(letter => LayoutTests.Words(500, letter.ToString()))]),
                SampleProject.Task("short", "a", "b", "c", "d"),
            ],
        });
        await session.Page.Clock.InstallAsync();
        await session.Page.ReloadAsync();
        for (int i = 0; i < 2; i++)
        {
            await session.TaskAsync();
            // The server believes no more than the lease lasted.
            await session.Served.Database.WriteAsync(db => db.Assignments.ExecuteUpdateAsync(
                set => set.SetProperty(a => a.Leased, DateTimeOffset.UtcNow.AddMinutes(-10)), Cancellation), Cancellation);
            await session.Page.Clock.FastForwardAsync("04:00");
            await session.PressAsync("0");
            await session.SubmitAsync();
        }
        var stored = await session.StoredAsync(2);
        Assert.All(stored, a => Assert.InRange(a.Seconds!.Value, 240, 300));
        Assert.InRange(stored[0].ActiveSeconds!.Value, 240, 300);
        Assert.InRange(stored[1].ActiveSeconds!.Value, 120, 150);
    }

    [Fact]
    public async Task A_task_shows_the_questions_that_it_was_leased_with_after_they_have_changed()
    {
        await using var session = await LabelingSession.OpenAsync(
            chromium, new SampleProject { Tasks = 2, Settings = new ProjectSettings { MaxLeases = 1 } });
        await session.TaskAsync();
        await session.Labeling.ReviseProjectAsync(
            session.Project, [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?")], "", Cancellation);
        await session.Page.ReloadAsync();
        await session.TaskAsync();
        var box = session.Page.GetByRole(AriaRole.Textbox, new() { Name = "Why?" });
        await Expect(box).ToHaveCountAsync(0);
        await session.PressAsync("0");
        await session.SubmitAsync();
        await Expect(box).ToHaveCountAsync(1);
        await session.StoredAsync(1);
    }

    [Fact]
    public async Task Two_annotators_judge_one_task_each_in_an_order_of_their_own()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject { Tasks = 1, Overlap = 2 });
        await using var other = await LabelingSession.JoinAsync(chromium, session.Served, session.Project);
        foreach (var annotator in new[] { session, other })
        {
            await annotator.TaskAsync();
            foreach (string letter in new[] { "b", "a", "d" })
                await annotator.PressAsync(await annotator.DigitOfAsync(letter));
        }
        await session.SubmitAsync();
        await other.SubmitAsync();
        var stored = await session.StoredAsync(2);
        Assert.Equal(2, stored.Select(a => a.AnnotatorId).Distinct().Count());
        Assert.All(stored, a => Assert.Equal("b > a > d > c", LabelingSession.Order(a.Answers["ranking"])));
    }

    /// <summary>Ranks in the order shown until nothing is left.</summary>
    private static async Task LabelAllAsync(HttpClient client, Guid project)
    {
        while (true)
        {
            using var next = await client.PostAsJsonAsync($"/api/v1/projects/{project}/next", new { }, Cancellation);
            if (next.StatusCode == System.Net.HttpStatusCode.NoContent)
                return;
            next.EnsureSuccessStatusCode();
            var task = await next.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            string assignment = task.GetProperty("assignmentId").GetString()!;
            using var answer = await client.PostAsJsonAsync($"/api/v1/assignments/{assignment}/annotation",
                new { ranking = new[] { new[] { "c1" }, ["c2"], ["c3"], ["c4"] } }, Cancellation);
            answer.EnsureSuccessStatusCode();
        }
    }
}
