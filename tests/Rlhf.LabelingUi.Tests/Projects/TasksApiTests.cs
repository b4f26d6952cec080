using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests.Labeling;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>Adding, listing and reviewing tasks over HTTP, and what they become.</summary>
public sealed class TasksApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{}", null, "body: the value must be a list; got {}")]
    [InlineData("""[{"completions": []}]""", "[0].prompt", "body: 'prompt' is missing")]
    [InlineData("""[{"prompt": 5, "completions": []}]""", "[0].prompt", "body: [0].prompt: must be a text or a list of messages")]
    [InlineData("""[{"prompt": [{"role": "user"}], "completions": []}]""", "[0].prompt",
        "body: [0].prompt: the message of 'user' has no 'content'")]
    [InlineData("""[{"prompt": "p", "completion": []}]""", "[0].completion",
        "body: unknown field 'completion'; did you mean 'completions'?")]
    [InlineData("""[{"prompt": "p", "completions": [{"text": "a"}]}]""", "[0].completions",
        "[0].completions: this project's tasks have 2 … 9 completions; got 1")]
    [InlineData("""[{"prompt": "p", "completions": [{"text": "a"}, {}]}]""", "[0].completions[1]",
        "[0].completions[1]: a completion has either 'text' or 'messages'")]
    [InlineData("""[{"prompt": "p", "completions": [{"text": "a"}, {"text": "b"}], "overlap": 0}]""", "[0].overlap",
        "[0].overlap must be 1 or more; got 0")]
    [InlineData("""[{"prompt": "p", "completions": [{"text": "a"}, {"text": "b"}], "gold": [[0], [2]]}]""", "answers.ranking",
        "answers: 'ranking': there is no completion 2; they are 0 … 1")]
    [InlineData("""[{"prompt": "p", "completions": [{"text": "a"}, {"text": "b"}], "kind": "gold"}]""", "[0].gold",
        "[0].gold: a gold or qualification task needs the right answers")]
    [InlineData("""[{"prompt": "p", "completions": [{"text": "a"}, {"text": "b"}], "kind": "normal", "gold": [[0]]}]""", "[0].kind",
        "[0].kind: a normal task has no right answers")]
    public async Task Tasks_that_do_not_fit_are_told_where_and_none_is_added(string body, string? field, string detail)
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p"}""", 0);
        var refusal = await researcher.RefusalAsync(HttpMethod.Post, $"/projects/{project}/tasks", body, HttpStatusCode.BadRequest);
        Assert.StartsWith(detail, refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(field, refusal.Field);
        Assert.Empty((await researcher.GetAsync($"/projects/{project}/tasks")).EnumerateArray());
    }

    [Fact]
    public async Task The_same_tasks_again_add_nothing_and_keep_their_ids()
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "k": 3}""", 0);
        string three = JsonSerializer.Serialize(LabelingHome.Tasks(3, k: 3)), four = JsonSerializer.Serialize(LabelingHome.Tasks(4, k: 3));
        var added = await researcher.PostAsync($"/projects/{project}/tasks", three, HttpStatusCode.Created);
        var again = await researcher.PostAsync($"/projects/{project}/tasks", four, HttpStatusCode.Created);
        Assert.Equal((3, 0, 1, 3), (added.GetProperty("added").GetInt32(), added.GetProperty("existing").GetInt32(),
            again.GetProperty("added").GetInt32(), again.GetProperty("existing").GetInt32()));
        Assert.Equal(Ids(added.GetProperty("ids")), Ids(again.GetProperty("ids"))[..3]);
        await researcher.PostAsync(
            $"/projects/{project}/tasks", JsonSerializer.Serialize(LabelingHome.Tasks(1, k: 2)), HttpStatusCode.BadRequest);
        await researcher.PostAsync($"/projects/{Guid.NewGuid()}/tasks", three, HttpStatusCode.NotFound);

        using var page = await researcher.SendAsync(HttpMethod.Get, $"/projects/{project}/tasks?limit=3&open=true", null);
        Assert.Equal(
            $"</api/v1/projects/{project}/tasks?limit=3&open=true&cursor=3.0>; rel=\"next\"", page.Headers.GetValues("Link").Single());
        var rest = Assert.Single((await researcher.GetAsync($"/projects/{project}/tasks?limit=3&cursor=3.0")).EnumerateArray());
        Assert.Equal("prompt 3", rest.GetProperty("prompt").GetString());
        Assert.Equal(["policy-0", "policy-1", "policy-2"],
            rest.GetProperty("completions").EnumerateArray().Select(c => c.GetProperty("source").GetString()));
        Assert.Empty((await researcher.GetAsync($"/projects/{project}/tasks?open=false")).EnumerateArray());
        Assert.Equal("cursor", (await researcher.RefusalAsync(
            HttpMethod.Get, $"/projects/{project}/tasks?cursor=x", null, HttpStatusCode.BadRequest)).Field);
    }

    [Fact]
    public async Task A_gold_task_needs_no_more_than_its_order_and_is_asked_and_judged()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(
            researcher, """{"name": "p", "template": "helpsteer", "settings": {"goldShare": 1}}""", 1);
        await researcher.PostAsync($"/projects/{project}/tasks", """
            [{"prompt": "gold", "completions": [{"text": "bad"}, {"text": "good"}], "gold": [[1], [0]]},
             {"prompt": "test", "completions": [{"text": "same"}, {"text": "other"}], "kind": "qualification",
              "goldAnswers": {"ranking": {"ranking": [["c1", "c2"]]}, "helpfulness": {"ratings": {"c1": 1, "c2": 1}}},
              "explanation": "equal"}]
            """, HttpStatusCode.Created);
        var listed = (await researcher.GetAsync($"/projects/{project}/tasks")).EnumerateArray().ToList();
        Assert.Equal(["normal", "gold", "qualification"], listed.Select(t => t.GetProperty("kind").GetString()));
        Assert.Equal("""{"ranking":{"ranking":[["c2"],["c1"]]}}""", listed[1].GetProperty("gold").ToString());
        const string Rest = """
            "helpfulness": {"ratings": {"c1": 1, "c2": 1}}, "correctness": {"ratings": {"c1": 1, "c2": 1}},
            "coherence": {"ratings": {"c1": 1, "c2": 1}}, "complexity": {"ratings": {"c1": 1, "c2": 1}},
            "verbosity": {"ratings": {"c1": 1, "c2": 1}}, "rationale": {"rationale": "as I have said"}
            """;
        var test = await annotator.NextAsync(project);
        Assert.Equal("test", test.GetProperty("prompt").GetString());
        await SubmitAsync(test, """{"ranking": [["c1", "c2"]]}""");
        var gold = await annotator.NextAsync(project);
        Assert.Equal("gold", gold.GetProperty("prompt").GetString());
        string good = gold.GetProperty("completions").EnumerateArray().Single(c => c.GetProperty("text").GetString() == "good")
            .GetProperty("id").GetString()!;
        await SubmitAsync(gold, $$"""{"ranking": [["{{good}}"], ["{{(good == "c1" ? "c2" : "c1")}}"]], "strength": 2}""");
        var member = (await researcher.GetAsync($"/projects/{project}/members"))[0];
        Assert.Equal((1, 1), (member.GetProperty("golds").GetInt32(), member.GetProperty("goldsCorrect").GetInt32()));
        Assert.True(member.TryGetProperty("qualified", out _));

        Task SubmitAsync(JsonElement task, string ranking) => annotator.PostAsync(
            $"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation",
            $$"""{"answers": {"ranking": {{ranking}}, {{Rest}} } }""", HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_reviewer_decides_without_seeing_sources_and_the_author_sees_the_word()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, reviewer) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync(AccountRole.Reviewer));
        var (author, other) = (await home.SignInAsync(), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "overlap": 2}""", 1);
        var submitted = new List<Guid>();
        foreach (var client in new[] { author, other })
        {
            var task = await client.NextAsync(project);
            submitted.Add((await client.PostAsync($"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation",
                """{"ranking": [["c1"], ["c2"]]}""", HttpStatusCode.Created)).GetProperty("id").GetGuid());
        }
        var seen = await reviewer.GetAsync($"/annotations?project={project}");
        Assert.Equal(2, seen.GetArrayLength());
        Assert.DoesNotContain("policy", seen.ToString(), StringComparison.Ordinal);
        await reviewer.PostAsync($"/annotations/{submitted[0]}/review", """{"decision": "rejected", "feedback": "read again"}""",
            HttpStatusCode.Created);
        await reviewer.PostAsync($"/annotations/{submitted[1]}/review", """{"decision": "edited", "ranking": [["c1", "c2"]]}""",
            HttpStatusCode.Created);
        var mine = (await author.GetAsync($"/annotations?project={project}"))[0].GetProperty("review");
        Assert.Equal(("rejected", "read again"), (mine.GetProperty("decision").GetString(), mine.GetProperty("feedback").GetString()));
        Assert.Equal("""{"ranking":{"ranking":[["c1","c2"]]}}""",
            (await other.GetAsync($"/annotations/{submitted[1]}")).GetProperty("review").GetProperty("answers").ToString());
        var found = seen[0].GetProperty("taskId").GetGuid();
        await reviewer.PostAsync($"/tasks/{found}/adjudication", """{"ranking": [["c2"], ["c1"]]}""", HttpStatusCode.Created);
        await using (var db = home.Served.Database.OpenReadContext())
        {
            var adjudicated = await db.Reviews.SingleAsync(r => r.Decision == ReviewDecision.Adjudicated, Cancellation);
            Assert.Equal("""{"ranking":{"ranking":[[1],[0]]}}""", ContentJson.Write(adjudicated.Answers!));
        }
        Assert.Equal(2, (await reviewer.GetAsync($"/tasks/{found}")).GetProperty("annotations").GetArrayLength());
        await reviewer.PostAsync($"/annotations/{submitted[1]}/review", """{"decision": "edited"}""", HttpStatusCode.BadRequest);
        await reviewer.PostAsync($"/annotations/{submitted[1]}/review", """{"decision": "adjudicated"}""", HttpStatusCode.BadRequest);
        await author.PostAsync($"/annotations/{submitted[1]}/review", """{"decision": "approved"}""", HttpStatusCode.Forbidden);
        await author.GetAsync($"/tasks/{found}", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_dataset_version_is_made_of_the_answers()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p"}""", 4);
        await researcher.PostAsync($"/projects/{project}/datasets", null, HttpStatusCode.BadRequest);
        for (int i = 0; i < 4; i++)
        {
            var task = await annotator.NextAsync(project);
            await annotator.PostAsync($"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation",
                ApiClient.RankingByText(task), HttpStatusCode.Created);
        }
        var made = await researcher.PostAsync($"/projects/{project}/datasets", null, HttpStatusCode.Created);
        Assert.Equal((4, 0, 4), (made.GetProperty("annotations").GetInt32(), made.GetProperty("simulatedAnnotations").GetInt32(),
            made.GetProperty("prompts").GetInt32()));
        var again = await researcher.PostAsync(
            $"/projects/{project}/datasets", """{"aggregation": "each", "question": "ranking"}""", HttpStatusCode.Created);
        Assert.Equal(made.GetProperty("name").GetString(), again.GetProperty("name").GetString());
        var other = await researcher.PostAsync(
            $"/projects/{project}/datasets", """{"aggregation": "majority", "heldOut": 0.5}""", HttpStatusCode.Created);
        Assert.NotEqual(made.GetProperty("name").GetString(), other.GetProperty("name").GetString());
        Assert.Equal([other.GetProperty("name").GetString(), made.GetProperty("name").GetString()],
            (await researcher.GetAsync("/datasets")).EnumerateArray().Select(d => d.GetProperty("name").GetString()));
        Assert.Single((await researcher.GetAsync("/datasets?limit=1")).EnumerateArray());
        await researcher.PostAsync($"/projects/{project}/datasets", """{"people": false}""", HttpStatusCode.BadRequest);
        await researcher.PostAsync($"/projects/{project}/datasets", """{"question": "other"}""", HttpStatusCode.BadRequest);
        await researcher.PostAsync($"/projects/{Guid.NewGuid()}/datasets", null, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Pages_of_annotations_hold_each_one_once()
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        var annotators = new List<ApiClient>();
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "overlap": 3}""", 4);
        for (int person = 0; person < 3; person++)
        {
            annotators.Add(await home.SignInAsync());
            for (int i = 0; i < 4; i++)
            {
                var task = await annotators[person].NextAsync(project);
                await annotators[person].PostAsync($"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation",
                    ApiClient.RankingByText(task), HttpStatusCode.Created);
            }
        }
        Assert.Equal(12, (await PagedAsync(researcher, $"/annotations?project={project}&limit=5")).Distinct().Count());
        var mine = await PagedAsync(annotators[0], $"/annotations?project={project}&limit=3");
        Assert.Equal(4, mine.Distinct().Count());
        // One's own, latest first; all of them were given within the same millisecond of a clock that stands still.
        Assert.Equal(mine.ToHashSet(), (await PagedAsync(annotators[0], $"/annotations?project={project}")).ToHashSet());
    }

    private static async Task<List<Guid>> PagedAsync(ApiClient client, string address)
    {
        var all = new List<Guid>();
        for (string? next = address; next is not null;)
        {
            using var page = await client.SendAsync(HttpMethod.Get, next, null);
            var items = JsonDocument.Parse(await page.Content.ReadAsStringAsync(Cancellation)).RootElement;
            all.AddRange(items.EnumerateArray().Select(a => a.GetProperty("id").GetGuid()));
            next = page.Headers.TryGetValues("Link", out var links) ? links.Single().Split('>')[0][("</api/v1".Length)..] : null;
        }
        return all;
    }

    private static Guid[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetGuid())];
}
