using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Tests.Labeling;

public sealed class AnnotatorPagesTests
{
    private static readonly Question[] Ranking = [Question.DefaultRanking];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_page_lists_the_projects_with_work_that_are_open_to_whoever_asks()
    {
        await using var served = await ServedHome.StartAsync();
        var user = await served.AddUserAsync(AccountRole.Annotator);
        var members = served.Services.GetRequiredService<LabelingMembers>();
        var open = await AddAsync(served, "open to all", tasks: 3);
        await AddAsync(served, "for members", tasks: 3, new ProjectSettings { Access = ProjectAccess.Members });
        var mine = await AddAsync(served, "I am a member", tasks: 3, new ProjectSettings { Access = ProjectAccess.Members });
        await members.SetRoleAsync(mine, user.AnnotatorId, ProjectRole.Annotator, Cancellation);
        var paused = await AddAsync(served, "paused", tasks: 3);
        await members.SetRoleAsync(paused, user.AnnotatorId, ProjectRole.Annotator, Cancellation);
        await members.PauseAsync(paused, user.AnnotatorId, "<b>too fast</b>", Cancellation);
        var complete = await AddAsync(served, "complete", tasks: 1);
        await AnswerAsync(served, (await served.AddUserAsync(AccountRole.Annotator)).AnnotatorId, complete);
        await AnswerAsync(served, user.AnnotatorId, open);

        string html = WebUtility.HtmlDecode(await user.Client.GetStringAsync("/", Cancellation));
        Assert.Equal(["paused", "I am a member", "open to all"], Regex.Matches(html, "<h3>([^<]*)</h3>").Select(m => m.Groups[1].Value));
        Assert.Equal([$"/label/{mine}", $"/label/{open}"],
            Regex.Matches(html, "class=\"button\" href=\"([^\"]*)\"").Select(m => m.Groups[1].Value));
        Assert.Contains("You are paused in this project: <b>too fast</b>", html);
        Assert.Contains("1 of 3 answers", html);
        Assert.Contains("1 answered by you", html);
    }

    [Fact]
    public async Task The_labeling_page_exists_for_those_who_may_see_the_project()
    {
        await using var served = await ServedHome.StartAsync();
        var user = await served.AddUserAsync(AccountRole.Annotator);
        var closed = await AddAsync(served, "for members", tasks: 1, new ProjectSettings { Access = ProjectAccess.Members });
        foreach (string address in new[] { $"/label/{closed}", $"/label/{closed}/history", $"/label/{Guid.NewGuid()}" })
            Assert.Equal((address, HttpStatusCode.NotFound), (address, (await user.Client.GetAsync(address, Cancellation)).StatusCode));
        await served.Services.GetRequiredService<LabelingMembers>()
            .SetRoleAsync(closed, user.AnnotatorId, ProjectRole.Annotator, Cancellation);
        Assert.Equal(HttpStatusCode.OK, (await user.Client.GetAsync($"/label/{closed}", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task What_the_page_gives_its_script_cannot_end_the_block_that_it_lies_in()
    {
        await using var served = await ServedHome.StartAsync();
        var user = await served.AddUserAsync(AccountRole.Annotator);
        var project = await AddAsync(served, "x", tasks: 1, guidelines: "</script><script>hostile()</script>");
        var data = await DataAsync(user, $"/label/{project}");
        Assert.Equal("</script><script>hostile()</script>", data.GetProperty("guidelines").GetString());
        Assert.Equal(user.Name, data.GetProperty("account").GetString());
        Assert.Equal(user.AnnotatorId, data.GetProperty("annotator").GetGuid());
        Assert.Equal("Submitted.", data.GetProperty("texts").GetProperty("SaidSubmitted").GetString());
        Assert.Equal("Abgegeben.", (await DataAsync(user, $"/label/{project}?culture=de"))
            .GetProperty("texts").GetProperty("SaidSubmitted").GetString());
    }

    [Fact]
    public async Task The_history_has_ones_own_answers_by_the_places_shown_and_what_a_reviewer_wrote()
    {
        await using var served = await ServedHome.StartAsync();
        var user = await served.AddUserAsync(AccountRole.Annotator);
        var other = await served.AddUserAsync(AccountRole.Annotator);
        var reviewer = await served.AddUserAsync(AccountRole.Reviewer);
        var project = await AddAsync(served, "x", tasks: 30);
        var assignment = await AnswerAsync(served, user.AnnotatorId, project);
        var annotation = Assert.Single(await served.Services.GetRequiredService<AnnotatorHistory>()
            .ListAsync(user.AnnotatorId, project, 0, 10, Cancellation)).AnnotationId;
        await served.Services.GetRequiredService<LabelingMembers>()
            .SetRoleAsync(project, reviewer.AnnotatorId, ProjectRole.Reviewer, Cancellation);
        await served.Services.GetRequiredService<LabelingReviews>().ReviewAsync(
            reviewer.AnnotatorId, annotation, ReviewDecision.Rejected, feedback: "look at <facts> again", cancellation: Cancellation);

        string html = WebUtility.HtmlDecode(await user.Client.GetStringAsync($"/label/{project}/history", Cancellation));
        Assert.Contains("<span>2 > 1</span>", html);
        Assert.Contains("sent back", html);
        Assert.Contains("A reviewer wrote: look at <facts> again", html);
        Assert.Contains($"/label/{project}/history/{assignment}", html);
        Assert.Contains("1 sent back to you", await user.Client.GetStringAsync("/", Cancellation));
        // Others see neither it nor that it exists.
        Assert.DoesNotContain("history-row", await other.Client.GetStringAsync($"/label/{project}/history", Cancellation));
        Assert.Equal(HttpStatusCode.NotFound,
            (await other.Client.GetAsync($"/label/{project}/history/{assignment}", Cancellation)).StatusCode);

        // To correct, with the answers as they were.
        var data = await DataAsync(user, $"/label/{project}/history/{assignment}");
        var correct = data.GetProperty("correct");
        Assert.Equal(annotation, correct.GetProperty("id").GetGuid());
        Assert.Equal("""[["c2"],["c1"]]""", correct.GetProperty("answers").GetProperty("ranking").GetProperty("ranking").GetRawText());

        // 25 to a page.
        for (int i = 0; i < 25; i++)
            await AnswerAsync(served, user.AnnotatorId, project);
        html = await user.Client.GetStringAsync($"/label/{project}/history", Cancellation);
        Assert.Equal(25, Regex.Count(html, "class=\"history-row\""));
        Assert.Contains($"/label/{project}/history?page=1", html);
        html = await user.Client.GetStringAsync($"/label/{project}/history?page=1", Cancellation);
        Assert.Equal(1, Regex.Count(html, "class=\"history-row\""));
    }

    [Fact]
    public async Task Somebody_from_another_platform_gets_the_same_code_every_time()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await AddAsync(served, "x", tasks: 1, new ProjectSettings { CompletionCode = "DONE-1" });
        var user = await served.AddUserAsync(AccountRole.Annotator);
        await AnswerAsync(served, user.AnnotatorId, project);
        for (int i = 0; i < 2; i++)
        {
            using var answer = await user.Client.PostAsync($"/api/v1/projects/{project}/completion-code", null, Cancellation);
            Assert.Equal("DONE-1", (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task Every_module_of_the_page_is_served_for_good_and_finds_what_it_imports()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await AddAsync(served, "x", tasks: 1);
        string html = await served.Client.GetStringAsync($"/label/{project}", Cancellation);
        string[] modules = [.. Regex.Matches(html, "rel=\"modulepreload\" href=\"([^\"]*)\"").Select(m => m.Groups[1].Value)];
        Assert.True(modules.Length > 20);
        Assert.Contains(Regex.Match(html, "<script type=\"module\" src=\"([^\"]*)\"").Groups[1].Value, modules);
        foreach (string module in modules)
        {
            using var answer = await served.NewClient().GetAsync(module, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("immutable", answer.Headers.CacheControl!.ToString());
            string text = await answer.Content.ReadAsStringAsync(Cancellation);
            foreach (Match import in Regex.Matches(text, " from \"\\./([^\"]*)\""))
                Assert.Contains(module[..(module.LastIndexOf('/') + 1)] + import.Groups[1].Value, modules);
        }
    }

    private static async Task<Guid> AddAsync(
        ServedHome served, string name, int tasks, ProjectSettings? settings = null, string guidelines = "")
    {
        var labeling = served.Services.GetRequiredService<LabelingService>();
        var project = await labeling.CreateProjectAsync(name, 1, Ranking, guidelines, Cancellation);
        await labeling.SetSettingsAsync(project, settings ?? new ProjectSettings(), Cancellation);
        await labeling.AddTasksAsync(project, Enumerable.Range(0, tasks).Select(i => new NewTask(LabelingService.Prompt($"prompt {i}"),
            [NewCompletion.FromText($"a {i}"), NewCompletion.FromText($"b {i}")])), cancellation: Cancellation);
        return project;
    }

    /// <summary>Answers the next task: the second shown is the best. Returns the assignment.</summary>
    private static async Task<Guid> AnswerAsync(ServedHome served, Guid annotator, Guid project)
    {
        var labeling = served.Services.GetRequiredService<LabelingService>();
        var leased = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await labeling.SubmitAsync(annotator, leased.AssignmentId, Answers.OfRanking(new Answer
        {
            Ranking = [[leased.Completions[1].Index], [leased.Completions[0].Index]],
        }), cancellation: Cancellation);
        return leased.AssignmentId;
    }

    private static async Task<JsonElement> DataAsync(TestUser user, string address)
    {
        string html = await user.Client.GetStringAsync(address, Cancellation);
        string json = Regex.Match(html, "<script type=\"application/json\" id=\"labeling-data\">(.*?)</script>", RegexOptions.Singleline)
            .Groups[1].Value;
        return JsonSerializer.Deserialize<JsonElement>(json);
    }
}
