using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Json;

namespace Rlhf.LabelingUi.Tests.Labeling;

/// <summary>From a project to its answers over HTTP, in the shapes that clients rely on.</summary>
public sealed class LabelingLoopTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ranking_with_ties_reads_the_same_wherever_it_is_read()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(
            researcher, """{"name": "p", "question": "ranking", "k": 4, "overlap": 1}""", 1, k: 4);
        var task = await annotator.NextAsync(project);
        Assert.Equal(["assignmentId", "taskId", "prompt", "completions", "leaseExpires", "version"], Names(task));
        Assert.Equal("prompt 0", task.GetProperty("prompt").GetString());
        Assert.Equal(1, task.GetProperty("version").GetInt32());
        Assert.All(task.GetProperty("completions").EnumerateArray(), c => Assert.Equal(["id", "text"], Names(c)));
        Assert.Equal(["c1", "c2", "c3", "c4"], Ids(task));
        // C > A = B > D, by the texts.
        string Id(char letter) => task.GetProperty("completions").EnumerateArray()
            .Single(c => c.GetProperty("text").GetString()![0] == letter).GetProperty("id").GetString()!;
        string body = JsonSerializer.Serialize(new { ranking = new string[][] { [Id('c')], [Id('b'), Id('a')], [Id('d')] } });
        var receipt = await annotator.PostAsync(
            $"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation", body, HttpStatusCode.Created);
        Assert.Equal(1, receipt.GetProperty("revision").GetInt32());

        await using var db = home.Served.Database.OpenReadContext();
        var stored = await db.Annotations.SingleAsync(Cancellation);
        Assert.Equal("""{"ranking":{"ranking":[[2],[0,1],[3]]}}""", ContentJson.Write(stored.Answers));
        Assert.Equal(receipt.GetProperty("id").GetGuid(), stored.Id);

        // Reviewers see whose it is, not which policy a completion is of.
        var reviewer = await home.SignInAsync(AccountRole.Reviewer);
        foreach (var reader in new[] { annotator, reviewer, researcher })
        {
            var listed = Assert.Single((await reader.GetAsync($"/annotations?project={project}")).EnumerateArray());
            var texts = listed.GetProperty("completions").EnumerateArray()
                .ToDictionary(c => c.GetProperty("id").GetString()!, c => c.GetProperty("text").GetString()![0]);
            Assert.Equal(["c", "ab", "d"], listed.GetProperty("ranking").EnumerateArray().Select(group =>
                string.Concat(group.EnumerateArray().Select(id => texts[id.GetString()!]).Order())));
            Assert.Equal(reader != annotator, listed.TryGetProperty("annotatorId", out _));
            Assert.Equal(reader == researcher, listed.GetProperty("completions")[0].TryGetProperty("source", out _));
        }
    }

    [Fact]
    public async Task What_an_annotator_gets_says_nothing_of_where_completions_came_from()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p"}""", 2);
        var task = await annotator.NextAsync(project);
        string submitted = (await annotator.PostAsync($"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation",
            ApiClient.RankingByText(task), HttpStatusCode.Created)).GetProperty("id").GetString()!;
        string[] answers =
        [
            task.ToString(),
            (await annotator.PostAsync($"/projects/{project}/next", """{"count": 2}""")).ToString(),
            (await annotator.GetAsync($"/annotations?project={project}")).ToString(),
            (await annotator.GetAsync($"/annotations/{submitted}")).ToString(),
            (await annotator.GetAsync($"/projects/{project}")).ToString(),
            (await annotator.GetAsync("/projects")).ToString(),
        ];
        Assert.All(answers, answer => Assert.DoesNotContain("policy", answer, StringComparison.OrdinalIgnoreCase));
        Assert.All(answers, answer => Assert.DoesNotContain("\"index", answer, StringComparison.OrdinalIgnoreCase));
        Assert.Contains("policy-1", (await researcher.GetAsync($"/projects/{project}/tasks")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_count_the_answer_is_a_list_of_what_is_held()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "settings": {"maxLeases": 2}}""", 3);
        var one = await annotator.PostAsync($"/projects/{project}/next", "{}");
        var held = await annotator.PostAsync($"/projects/{project}/next", """{"count": 5}""");
        Assert.Equal(2, held.GetArrayLength());
        Assert.Equal(one.GetProperty("assignmentId").GetGuid(), held[0].GetProperty("assignmentId").GetGuid());
        // The same again: what is held, no further seat.
        Assert.Equal(
            Assignments(held), Assignments(await annotator.PostAsync($"/projects/{project}/next", """{"count": 2}""")));
        var refusal = await annotator.RefusalAsync(
            HttpMethod.Post, $"/projects/{project}/next", """{"count": 0}""", HttpStatusCode.BadRequest);
        Assert.Equal(("count must be a whole number from 1 to 50; got 0", "count"), refusal);
    }

    [Fact]
    public async Task Why_there_is_no_task_stands_in_the_headers()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, first, second) =
            (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync(), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "settings": {"leaseMinutes": 10}}""", 0);
        Assert.Equal(("empty", null, null), await WaitingAsync(first, project));
        await researcher.PostAsync(
            $"/projects/{project}/tasks", JsonSerializer.Serialize(LabelingHome.Tasks(1)), HttpStatusCode.Created);
        var task = await first.NextAsync(project);
        home.Clock.Advance(TimeSpan.FromMinutes(4));
        var (reason, until, retry) = await WaitingAsync(second, project);
        Assert.Equal("seatsTaken", reason);
        Assert.Equal(task.GetProperty("leaseExpires").GetDateTimeOffset(), DateTimeOffset.Parse(until!));
        Assert.Equal("360", retry);
        string skip = $"/assignments/{task.GetProperty("assignmentId").GetGuid()}/skip";
        await first.PostAsync(skip, """{"reason": "no idea"}""", HttpStatusCode.NoContent);
        await first.PostAsync(skip, """{"reason": "no idea"}""", HttpStatusCode.NoContent);
        Assert.Equal(("allDone", null, null), await WaitingAsync(first, project));
        task = await second.NextAsync(project);
        await second.PostAsync($"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation", ApiClient.RankingByText(task),
            HttpStatusCode.Created);
        Assert.Equal(("complete", null, null), await WaitingAsync(second, project));
    }

    [Fact]
    public async Task A_conversation_is_shown_as_messages()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p"}""", 0);
        const string Messages = """
            [{"role":"system","content":"Be brief."},{"role":"user","content":"Hi <b>there</b> 你好 \u202e"},
             {"role":"assistant","content":"Hello."},{"role":"user","content":[{"type":"text","text":"Go "},{"type":"text","text":"on"}]}]
            """;
        await researcher.PostAsync($"/projects/{project}/tasks", $$"""
            [{"prompt": {{Messages}}, "completions": [{"text": " one"},
              {"messages": [{"role": "assistant", "content": "two"}, {"role": "tool", "content": "three"}]}]}]
            """, HttpStatusCode.Created);
        var task = await annotator.NextAsync(project);
        Assert.Equal(
            JsonSerializer.Serialize(JsonDocument.Parse(Messages).RootElement), JsonSerializer.Serialize(task.GetProperty("prompt")));
        var completions = task.GetProperty("completions").EnumerateArray().ToList();
        Assert.Contains(completions, c => c.TryGetProperty("text", out var text) && text.GetString() == " one");
        Assert.Contains(completions, c => c.TryGetProperty("messages", out var two) && two.GetArrayLength() == 2);
    }

    [Theory]
    [InlineData("ranking", "[[\"c1\"], [\"c2\"]]", null)]
    [InlineData("pairwise", "[[\"c1\"]]", null)]
    [InlineData("ranking", "[[\"c1\"], [\"c2\"], [\"c3\"]]", "ranking[2]")]
    public async Task Identical_completions_are_shown_once_and_answered_together(string question, string ranking, string? field)
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, $$"""
            {"name": "p", "questions": [
              {"key": "ranking", "kind": "{{question}}", "text": "?", "ties": false, "rankAll": true, "maxStrength": 2}]}
            """, 0);
        string completions = question == "pairwise" ? """{"text": "same\n"}, {"text": "same"}"""
            : """{"text": "same"}, {"text": "other"}, {"text": " same"}""";
        await researcher.PostAsync(
            $"/projects/{project}/tasks", $$"""[{"prompt": "p", "completions": [{{completions}}]}]""", HttpStatusCode.Created);
        var task = await annotator.NextAsync(project);
        string address = $"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation";
        if (field is not null)
        {
            var refusal = await annotator.RefusalAsync(
                HttpMethod.Post, address, $$"""{"ranking": {{ranking}}}""", HttpStatusCode.BadRequest);
            Assert.Contains("there is no completion 'c3'", refusal.Detail);
            Assert.Equal(field, refusal.Field);
            return;
        }
        Assert.Equal(question == "pairwise" ? ["c1"] : ["c1", "c2"], Ids(task));
        await annotator.PostAsync(address, $$"""{"ranking": {{ranking}}}""", HttpStatusCode.Created);
        await using var db = home.Served.Database.OpenReadContext();
        var stored = (await db.Annotations.SingleAsync(Cancellation)).Answers["ranking"].Ranking!;
        Assert.Contains(stored, group => question == "pairwise" ? group.SequenceEqual([0, 1]) : group.SequenceEqual([0, 2]));
        Assert.Equal(ranking.Replace(" ", "", StringComparison.Ordinal), JsonSerializer.Serialize(
            Assert.Single((await annotator.GetAsync($"/annotations?project={project}")).EnumerateArray()).GetProperty("ranking")));
    }

    [Fact]
    public async Task Every_kind_of_answer_comes_back_as_it_was_given()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """
            {"name": "p", "questions": [
              {"key": "helpful", "kind": "ranking", "text": "?"}, {"key": "harmless", "kind": "ranking", "text": "?"},
              {"key": "quality", "kind": "rating", "text": "?", "scale": {"min": 1, "max": 7}},
              {"key": "flags", "kind": "labels", "text": "?", "perCompletion": true, "choices": [{"key": "spam", "text": "Spam"}]},
              {"key": "why", "kind": "text", "text": "?"}, {"key": "better", "kind": "rewrite", "text": "?"},
              {"key": "words", "kind": "marks", "text": "?"}]}
            """, 1);
        var task = await annotator.NextAsync(project);
        var assignment = task.GetProperty("assignmentId").GetGuid();
        const string Answers = """
            {"better":{"rewrite":"x","rewriteOf":"c2","pasted":true},"flags":{"flags":{"c2":["spam"]}},
             "harmless":{"ranking":[["c2"],["c1"]]},"helpful":{"ranking":[["c1","c2"]],"noneAcceptable":true},
             "quality":{"ratings":{"c1":7,"c2":1}},"why":{"rationale":"so"},
             "words":{"marks":[{"completion":"c1","start":0,"length":1,"liked":true,"reason":"short"}]}}
            """;
        await annotator.PutAsync($"/assignments/{assignment}/draft", $$"""{"sequence": 3, "answers": {{Answers}}, "activeSeconds": 2}""");
        var draft = await annotator.GetAsync($"/assignments/{assignment}/draft");
        Assert.Equal(Canonical(Answers), Canonical(draft.GetProperty("answers").ToString()));
        Assert.Equal(draft.ToString(), (await annotator.NextAsync(project)).GetProperty("draft").ToString());
        await annotator.PostAsync($"/assignments/{assignment}/annotation",
            $$"""{"answers": {{Answers}}, "seconds": 9, "activeSeconds": 5}""", HttpStatusCode.Created);
        var listed = (await annotator.GetAsync($"/annotations?project={project}"))[0];
        Assert.Equal(Canonical(Answers), Canonical(listed.GetProperty("answers").ToString()));
        // What a question takes may stand at the top where one question takes it.
        await annotator.PutAsync($"/annotations/{listed.GetProperty("id").GetGuid()}", """
            {"answers": {"helpful": {"ranking": [["c1"], ["c2"]]}, "harmless": {"ranking": [["c1"], ["c2"]]}},
             "rationale": "thus", "rewrite": "y", "ratings": {"c1": 2}, "flags": {"c1": ["spam"]}}
            """);
        listed = (await annotator.GetAsync($"/annotations?project={project}"))[0];
        Assert.Equal(2, listed.GetProperty("revision").GetInt32());
        Assert.Equal("thus", listed.GetProperty("answers").GetProperty("why").GetProperty("rationale").GetString());
        var refusal = await annotator.RefusalAsync(HttpMethod.Put, $"/annotations/{listed.GetProperty("id").GetGuid()}",
            """{"ranking": [["c1"]]}""", HttpStatusCode.BadRequest);
        Assert.Equal("ranking: several questions of this project take ranking: helpful, harmless; answer each under 'answers'",
            refusal.Detail);
        Assert.Equal("ranking", refusal.Field);
    }

    private static string Canonical(string json) => JsonSerializer.Serialize(new SortedDictionary<string, JsonElement>(
        JsonDocument.Parse(json).RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value), StringComparer.Ordinal));

    private static string[] Names(JsonElement value) => [.. value.EnumerateObject().Select(p => p.Name)];

    private static string[] Ids(JsonElement task) =>
        [.. task.GetProperty("completions").EnumerateArray().Select(c => c.GetProperty("id").GetString()!)];

    private static Guid[] Assignments(JsonElement tasks) =>
        [.. tasks.EnumerateArray().Select(t => t.GetProperty("assignmentId").GetGuid())];

    private static async Task<(string Reason, string? Until, string? Retry)> WaitingAsync(ApiClient client, Guid project)
    {
        using var response = await client.SendAsync(HttpMethod.Post, $"/projects/{project}/next", null);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        return (response.Headers.GetValues("Rlhf-Waiting").Single(),
            response.Headers.TryGetValues("Rlhf-Waiting-Until", out var until) ? until.Single() : null,
            response.Headers.TryGetValues("Retry-After", out var retry) ? retry.Single() : null);
    }
}
