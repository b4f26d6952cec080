using System.Net;
using System.Text.Json;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests.Labeling;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>Making, changing and finding projects over HTTP.</summary>
public sealed class ProjectsApiTests
{
    [Theory]
    [InlineData("instructgpt", "quality rating, flags labels, ranking ranking", null)]
    [InlineData("hh", "ranking pairwise", 2)]
    [InlineData("llama2", "ranking pairwise, safety labels", 2)]
    [InlineData("helpsteer", "helpfulness rating, correctness rating, coherence rating, complexity rating, verbosity rating, "
        + "ranking pairwise, rationale text", 2)]
    [InlineData("arena", "ranking pairwise", 2)]
    [InlineData("open-assistant", "ranking ranking, labels labels", null)]
    public async Task Each_protocol_is_a_template(string template, string questions, int? k)
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        var project = await LabelingHome.ProjectAsync(researcher, $$"""{"name": "p", "template": "{{template}}", "overlap": 2}""", 0);
        var details = await researcher.GetAsync($"/projects/{project}");
        Assert.Equal(questions, string.Join(", ", details.GetProperty("questions").EnumerateArray()
            .Select(q => $"{q.GetProperty("key").GetString()} {q.GetProperty("kind").GetString()}")));
        Assert.Equal(k, details.TryGetProperty("k", out var number) ? number.GetInt32() : null);
        Assert.Equal(2, details.GetProperty("overlap").GetInt32());
        Assert.NotEmpty(details.GetProperty("guidelines").GetString()!);
        // Its own file makes the same project.
        string yaml = (await researcher.GetAsync("/templates")).EnumerateArray()
            .Single(t => t.GetProperty("name").GetString() == template).GetProperty("yaml").GetString()!;
        var copy = await researcher.PostAsync(
            "/projects", JsonSerializer.Serialize(new { name = "copy", templateYaml = yaml, overlap = 2 }), HttpStatusCode.Created);
        Assert.Equal(details.GetProperty("questions").ToString(),
            (await researcher.GetAsync($"/projects/{copy.GetProperty("id").GetGuid()}")).GetProperty("questions").ToString());
    }

    [Theory]
    [InlineData("{}", "name", "body: 'name' is missing")]
    [InlineData("""{"name": " "}""", "name", "the name of a project has 1 … 200 characters; got 1")]
    [InlineData("""{"name": "p", "overlp": 3}""", "overlp", "body: unknown field 'overlp'; did you mean 'overlap'? Known fields: ")]
    [InlineData("""{"name": "p", "overlap": 0}""", "overlap", "overlap must be 1 or more; got 0")]
    [InlineData("""{"name": "p", "overlap": "3"}""", "overlap", "body: overlap must be a whole number; got \"3\"")]
    [InlineData("""{"name": "p", "question": "best"}""", "question", "body: question must be ranking|pairwise; got \"best\"")]
    [InlineData("""{"name": "p", "question": "pairwise", "k": 3}""", "k", "a pairwise question needs 2 completions; got k = 3")]
    [InlineData("""{"name": "p", "k": 1}""", "k", "k must be 2 … 9 for these questions; got 1")]
    [InlineData("""{"name": "p", "k": 10}""", "k", "a task has 1 … 9 completions; got 10")]
    [InlineData("""{"name": "p", "template": "helpster"}""", "template", "there is no template 'helpster'; did you mean 'helpsteer'? ")]
    [InlineData("""{"name": "p", "template": "hh", "question": "ranking"}""", "question", "question: give one of template and question")]
    [InlineData("""{"name": "p", "templateYaml": "questions:\n- key: a\n  kind: rankin\n  text: b"}""", "templateYaml",
        "templateYaml:3: template.questions[0].kind must be one of ranking, pairwise, rating, labels, text, rewrite, marks; got 'rankin'")]
    [InlineData("""{"name": "p", "templateYaml": "question: []"}""", "templateYaml",
        "templateYaml:1: unknown key 'question' in template; did you mean 'questions'?")]
    [InlineData("""{"name": "p", "questions": []}""", "questions", "a labeling project needs at least one question")]
    [InlineData("""{"name": "p", "questions": [{"key": "a", "kind": "labels", "text": "?"}]}""", "questions[0]",
        "question 'a': a labels question needs choices")]
    [InlineData("""{"name": "p", "questions": [{"kind": "text", "text": "?"}]}""", "questions[0].key",
        "questions[0].key must not be empty")]
    [InlineData("""{"name": "p", "questions": [{"key": "a", "kind": "text", "text": "?", "minLenght": 3}]}""", "questions[0].minLenght",
        "body: unknown field 'minLenght'; did you mean 'minLength'?")]
    [InlineData("""{"name": "p", "settings": {"leaseMinuts": 3}}""", "settings.leaseMinuts",
        "settings: unknown setting 'leaseMinuts'; did you mean 'leaseMinutes'?")]
    [InlineData("""{"name": "p", "settings": {"leaseMinutes": "x"}}""", "settings.leaseMinutes",
        "settings: leaseMinutes must be a number; got \"x\"")]
    [InlineData("""{"name": "p", "settings": {"pauseAfterAnswers": 0}}""", "settings.pauseAfterAnswers", "pauseAfterAnswers must be 1 …")]
    [InlineData("""{"name": "p", "settings": {"leaseMinutes": 0}}""", "settings.leaseMinutes", "leaseMinutes must be above 0")]
    public async Task A_project_that_cannot_be_is_told_what_is_wrong_and_where(string body, string field, string detail)
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        var refusal = await researcher.RefusalAsync(HttpMethod.Post, "/projects", body, HttpStatusCode.BadRequest);
        Assert.StartsWith(detail, refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(field, refusal.Field);
        Assert.Empty((await researcher.GetAsync("/projects")).EnumerateArray());
    }

    [Fact]
    public async Task The_same_request_again_finds_the_project_and_another_one_of_its_name_is_refused()
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        const string Body = """{"name": "p", "overlap": 3, "settings": {"goldShare": 0.2}}""";
        var made = await researcher.PostAsync("/projects", Body, HttpStatusCode.Created);
        Assert.Equal(made.ToString(), (await researcher.PostAsync("/projects", Body)).ToString());
        Assert.Equal(("a labeling project 'p' exists already; choose another name", "name"), await researcher.RefusalAsync(
            HttpMethod.Post, "/projects", """{"name": "p", "overlap": 4}""", HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Annotators_see_open_projects_and_their_own_and_settings_are_for_researchers()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var open = await LabelingHome.ProjectAsync(researcher, """{"name": "open"}""", 1);
        var closed = await LabelingHome.ProjectAsync(researcher, """{"name": "closed", "access": "members"}""", 1);
        Assert.Equal(["open"], await NamesAsync(annotator));
        Assert.Equal(["closed", "open"], await NamesAsync(researcher));
        await annotator.GetAsync($"/projects/{closed}", HttpStatusCode.NotFound);
        await annotator.GetAsync($"/projects/{closed}/versions/1", HttpStatusCode.NotFound);
        await annotator.GetAsync($"/annotations?project={closed}", HttpStatusCode.NotFound);
        Assert.Contains("not a member", (await annotator.RefusalAsync(
            HttpMethod.Post, $"/projects/{closed}/next", null, HttpStatusCode.Forbidden)).Detail);
        await researcher.PutAsync($"/projects/{closed}/members/{annotator.Annotator}", """{"role": "annotator"}""");
        Assert.Equal(["closed", "open"], await NamesAsync(annotator));
        Assert.False((await annotator.GetAsync($"/projects/{open}")).TryGetProperty("settings", out _));
        Assert.Equal(0.1, (await researcher.GetAsync($"/projects/{open}")).GetProperty("settings").GetProperty("goldShare").GetDouble());
        await annotator.NextAsync(closed);
        foreach (var (method, address, body) in new[]
        {
            ("POST", "/projects", """{"name": "x"}"""), ("PATCH", $"/projects/{open}", "{}"), ("POST", $"/projects/{open}/tasks", "[]"),
            ("GET", $"/projects/{open}/tasks", null), ("GET", $"/projects/{open}/members", null), ("GET", "/datasets", null),
            ("POST", $"/projects/{open}/datasets", "{}"), ("GET", "/templates", null),
            ("PUT", $"/projects/{open}/members/{annotator.Annotator}", """{"role": "owner"}"""),
        })
        {
            var problem = await annotator.SendAsync(new HttpMethod(method), address, body, HttpStatusCode.Forbidden);
            Assert.Equal(403, problem.GetProperty("status").GetInt32());
        }
    }

    [Fact]
    public async Task A_change_of_questions_makes_the_next_version_and_leases_show_the_old_one()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "guidelines": "one"}""", 2);
        var before = await annotator.NextAsync(project);
        var changed = await researcher.PatchAsync($"/projects/{project}", """
            {"name": "q", "guidelines": "two", "overlap": 2, "k": 2, "access": "members",
             "settings": {"leaseMinutes": 5, "idleSeconds": 60},
             "questions": [{"key": "ranking", "kind": "ranking", "text": "?"},
               {"key": "why", "kind": "text", "text": "Why?", "required": true}]}
            """);
        Assert.Equal(("q", 2, 2, 2, "members"), (changed.GetProperty("name").GetString(), changed.GetProperty("version").GetInt32(),
            changed.GetProperty("overlap").GetInt32(), changed.GetProperty("k").GetInt32(), changed.GetProperty("access").GetString()));
        Assert.Equal((5, 60), (changed.GetProperty("leaseMinutes").GetDouble(), changed.GetProperty("idleSeconds").GetDouble()));
        Assert.Equal(0.1, changed.GetProperty("settings").GetProperty("goldShare").GetDouble());
        Assert.Equal("one", (await annotator.GetAsync($"/projects/{project}/versions/1")).GetProperty("guidelines").GetString());
        Assert.Equal("two", (await annotator.GetAsync($"/projects/{project}/versions/2")).GetProperty("guidelines").GetString());
        await annotator.GetAsync($"/projects/{project}/versions/3", HttpStatusCode.NotFound);
        // What was leased before asks for no reason; what is leased now does.
        await annotator.PostAsync($"/assignments/{before.GetProperty("assignmentId").GetGuid()}/annotation",
            ApiClient.RankingByText(before), HttpStatusCode.Created);
        var after = await annotator.NextAsync(project);
        Assert.Equal(2, after.GetProperty("version").GetInt32());
        Assert.Equal("answers.why", (await annotator.RefusalAsync(HttpMethod.Post,
            $"/assignments/{after.GetProperty("assignmentId").GetGuid()}/annotation", ApiClient.RankingByText(after),
            HttpStatusCode.BadRequest)).Field);
        // Nothing changes where a part does not fit.
        await researcher.PatchAsync($"/projects/{project}", """{"name": "r", "overlap": 0}""", HttpStatusCode.BadRequest);
        Assert.Equal("q", (await researcher.GetAsync($"/projects/{project}")).GetProperty("name").GetString());
        await researcher.PatchAsync($"/projects/{Guid.NewGuid()}", "{}", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Progress_counts_what_is_wanted()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "overlap": 1}""", 3);
        var task = await annotator.NextAsync(project);
        await annotator.PostAsync($"/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation", ApiClient.RankingByText(task),
            HttpStatusCode.Created);
        await researcher.PatchAsync($"/projects/{project}/tasks",
            $$"""{"tasks": ["{{task.GetProperty("taskId").GetGuid()}}"], "overlap": 3}""", HttpStatusCode.NoContent);
        Assert.Equal("""{"tasks":3,"complete":0,"annotations":1,"wanted":5}""",
            (await annotator.GetAsync($"/projects/{project}")).GetProperty("progress").ToString());
        Assert.Equal(1, (await annotator.GetAsync("/projects"))[0].GetProperty("me").GetProperty("answered").GetInt32());
        await researcher.PatchAsync($"/projects/{project}/tasks",
            $$"""{"tasks": ["{{Guid.NewGuid()}}"], "overlap": 3}""", HttpStatusCode.NotFound);
    }

    private static async Task<string[]> NamesAsync(ApiClient client) =>
        [.. (await client.GetAsync("/projects")).EnumerateArray().Select(p => p.GetProperty("name").GetString()!)];
}
