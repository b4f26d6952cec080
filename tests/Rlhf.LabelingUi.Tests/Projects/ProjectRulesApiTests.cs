using System.Net;
using System.Text.Json;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests.Labeling;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>Rules of a project over HTTP: closing it, pausing by how people answer, qualification.</summary>
public sealed class ProjectRulesApiTests
{
    [Fact]
    public async Task A_closed_project_gives_nothing_more_says_why_and_takes_what_is_in_hand()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p"}""", tasks: 3);
        var held = (await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid();
        await researcher.SendAsync(
            HttpMethod.Patch, $"/projects/{project}", """{"settings": {"closed": "the study is over"}}""", HttpStatusCode.OK);
        Assert.Equal("the study is over", (await annotator.GetAsync($"/projects/{project}")).GetProperty("closed").GetString());
        Assert.Equal(held, (await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid());
        await annotator.PostAsync($"/assignments/{held}/annotation", """{"ranking": [["c1"], ["c2"]]}""", HttpStatusCode.Created);
        Assert.Equal("this project is closed: the study is over",
            (await annotator.RefusalAsync(HttpMethod.Post, $"/projects/{project}/next", "{}", HttpStatusCode.Forbidden)).Detail);
        await researcher.SendAsync(HttpMethod.Patch, $"/projects/{project}", """{"settings": {"closed": null}}""", HttpStatusCode.OK);
        Assert.NotEqual(held, (await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid());
    }

    [Fact]
    public async Task Whoever_answers_too_quickly_is_paused_and_both_read_why()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        string yaml = "settings: { pauseAboveQuickShare: 0.5, quickWordsPerMinute: 100, pauseAfterAnswers: 5, goldShare: 0 }\n"
            + "questions: [{ key: ranking, text: Which? }]";
        var project = await LabelingHome.ProjectAsync(
            researcher, JsonSerializer.Serialize(new { name = "p", templateYaml = yaml, settings = new { quickWordsPerMinute = 50 } }), 6);
        var settings = (await researcher.GetAsync($"/projects/{project}")).GetProperty("settings");
        // What the request says comes before what the template says.
        Assert.Equal((0.5, 50, 5), (settings.GetProperty("pauseAboveQuickShare").GetDouble(),
            settings.GetProperty("quickWordsPerMinute").GetDouble(), settings.GetProperty("pauseAfterAnswers").GetInt32()));
        for (int i = 0; i < 5; i++)
        {
            var held = (await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid();
            home.Clock.Advance(TimeSpan.FromMinutes(1));
            await annotator.PostAsync(
                $"/assignments/{held}/annotation", """{"ranking": [["c1"], ["c2"]], "seconds": 2}""", HttpStatusCode.Created);
        }
        const string Reason = "5 of the last 5 answers came before anybody could have read the texts at 50 words a minute; this project "
            + "allows 50 %";
        Assert.EndsWith(Reason,
            (await annotator.RefusalAsync(HttpMethod.Post, $"/projects/{project}/next", "{}", HttpStatusCode.Forbidden)).Detail,
            StringComparison.Ordinal);
        Assert.Equal(Reason, (await annotator.GetAsync($"/projects/{project}")).GetProperty("me").GetProperty("reason").GetString());
        var member = (await researcher.GetAsync($"/projects/{project}/members")).EnumerateArray().Single();
        Assert.Equal(("paused", Reason), (member.GetProperty("state").GetString(), member.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task A_qualification_task_explains_its_answer_afterwards()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "settings": {"passMark": 1}}""", tasks: 1);
        await researcher.PostAsync($"/projects/{project}/tasks", """
            [{"prompt": "test", "completions": [{"text": "good"}, {"text": "bad"}], "kind": "qualification", "gold": [[0], [1]],
              "explanation": "It is **kind**."}]
            """, HttpStatusCode.Created);
        foreach (bool right in new[] { false, true })
        {
            var task = await annotator.NextAsync(project);
            Assert.Equal("test", task.GetProperty("prompt").GetString());
            Assert.DoesNotContain("kind", task.ToString(), StringComparison.Ordinal);
            string good = task.GetProperty("completions").EnumerateArray().Single(c => c.GetProperty("text").GetString() == "good")
                .GetProperty("id").GetString()!, bad = good == "c1" ? "c2" : "c1";
            string answer = right ? $$"""{"ranking": [["{{good}}"], ["{{bad}}"]]}""" : $$"""{"ranking": [["{{bad}}"], ["{{good}}"]]}""";
            var said = (await annotator.PostAsync(
                $"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation", answer, HttpStatusCode.Created))
                .GetProperty("qualification");
            Assert.Equal((right, "It is **kind**."),
                (said.GetProperty("correct").GetBoolean(), said.GetProperty("explanation").GetString()));
            var ended = said.GetProperty("try");
            Assert.Equal((right, right ? 1 : 0, 1, right ? 0 : 1), (ended.GetProperty("passed").GetBoolean(),
                ended.GetProperty("right").GetInt32(), ended.GetProperty("tasks").GetInt32(), ended.GetProperty("triesLeft").GetInt32()));
        }
        Assert.Equal("prompt 0", (await annotator.NextAsync(project)).GetProperty("prompt").GetString());
    }
}
