using System.Net;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Labeling;

/// <summary>Requests that come twice, late, out of order, or from somebody else.</summary>
public sealed class SubmissionTests
{
    private const string First = """{"ranking": [["c1"], ["c2"]]}""", Second = """{"ranking": [["c2"], ["c1"]]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_key_with_the_same_answers_is_one_submission_and_with_others_is_refused()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, project, assignment) = await LeaseAsync(home, tasks: 2);
        string address = $"/assignments/{assignment}/annotation";
        var made = await annotator.PostAsync(address, First, HttpStatusCode.Created, key: "k1");
        var again = await annotator.PostAsync(address, First, key: "k1");
        Assert.Equal(made.GetProperty("id").GetGuid(), again.GetProperty("id").GetGuid());
        Assert.False(again.GetProperty("added").GetBoolean());
        Assert.Contains("idempotency key",
            (await annotator.RefusalAsync(HttpMethod.Post, address, Second, HttpStatusCode.UnprocessableEntity, "k1")).Detail);
        // Without the key, or with another one: the same answers change nothing, others are to be a correction.
        Assert.Equal(made.GetProperty("id").GetGuid(), (await annotator.PostAsync(address, First)).GetProperty("id").GetGuid());
        Assert.Equal(made.GetProperty("id").GetGuid(), (await annotator.PostAsync(address, First, key: "k2")).GetProperty("id").GetGuid());
        Assert.Contains("correct them instead",
            (await annotator.RefusalAsync(HttpMethod.Post, address, Second, HttpStatusCode.Conflict, "k2")).Detail);
        // The same key for another task is another submission.
        var next = (await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid();
        await annotator.PostAsync($"/assignments/{next}/annotation", Second, HttpStatusCode.Created, "k1");
        // The same key of somebody else is another key.
        var other = await home.SignInAsync();
        var theirs = (await other.NextAsync(project)).GetProperty("assignmentId").GetGuid();
        await other.PostAsync($"/assignments/{theirs}/annotation", First, HttpStatusCode.Created, "k1");
        await using var db = home.Served.Database.OpenReadContext();
        Assert.Equal(3, await db.Annotations.CountAsync(Cancellation));
        Assert.Equal(("Idempotency-Key must have 1 to 200 characters; got 201", "Idempotency-Key"), await annotator.RefusalAsync(
            HttpMethod.Post, address, First, HttpStatusCode.BadRequest, new string('k', 201)));
    }

    [Fact]
    public async Task A_submission_that_comes_ten_times_at_once_is_one()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, _, assignment) = await LeaseAsync(home);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ =>
            annotator.SendAsync(HttpMethod.Post, $"/assignments/{assignment}/annotation", First, "key")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(9, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        await using var db = home.Served.Database.OpenReadContext();
        Assert.Equal(1, await db.Annotations.CountAsync(Cancellation));
        Assert.Equal(1, (await db.Tasks.FirstAsync(t => t.Answered > 0, Cancellation)).Answered);
    }

    [Fact]
    public async Task Case_2_a_late_submission_is_taken_while_the_seat_is_free_and_kept_as_a_draft_when_it_is_not()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, project, assignment) = await LeaseAsync(home);
        string text = new('w', 2000), body = $$"""{"ranking": [["c1"], ["c2"]], "rationale": "{{text}}"}""";
        home.Clock.Advance(TimeSpan.FromMinutes(31));
        // Nobody else wanted the seat.
        await annotator.PostAsync($"/assignments/{assignment}/annotation", body, HttpStatusCode.Created);

        var late = (await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid();
        home.Clock.Advance(TimeSpan.FromMinutes(31));
        var other = await home.SignInAsync();
        var taken = (await other.NextAsync(project)).GetProperty("assignmentId").GetGuid();
        await other.PostAsync($"/assignments/{taken}/annotation", First, HttpStatusCode.Created);
        var refusal = await annotator.RefusalAsync(HttpMethod.Post, $"/assignments/{late}/annotation", body, HttpStatusCode.Conflict);
        Assert.Contains("given to someone else; your answers are kept as a draft", refusal.Detail);
        var draft = await annotator.GetAsync($"/assignments/{late}/draft");
        Assert.Equal(text, draft.GetProperty("answers").GetProperty("rationale").GetProperty("rationale").GetString());
    }

    [Fact]
    public async Task Case_3_an_old_draft_changes_neither_a_newer_one_nor_a_submission()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, project, assignment) = await LeaseAsync(home);
        string draft = $"/assignments/{assignment}/draft";
        await annotator.GetAsync(draft, HttpStatusCode.NoContent);
        Assert.True((await annotator.PutAsync(draft, """{"sequence": 2, "ranking": [["c2"]]}""")).GetProperty("saved").GetBoolean());
        Assert.False((await annotator.PutAsync(draft, """{"sequence": 2, "ranking": [["c1"]]}""")).GetProperty("saved").GetBoolean());
        Assert.False((await annotator.PutAsync(draft, """{"sequence": 1, "ranking": [["c1"]]}""")).GetProperty("saved").GetBoolean());
        Assert.Equal("[[\"c2\"]]",
            (await annotator.GetAsync(draft)).GetProperty("answers").GetProperty("ranking").GetProperty("ranking").ToString());
        await annotator.PostAsync($"/assignments/{assignment}/annotation", First, HttpStatusCode.Created);
        // The other tab's autosave fires.
        Assert.False((await annotator.PutAsync(draft, """{"sequence": 9, "ranking": [["c2"]]}""")).GetProperty("saved").GetBoolean());
        await annotator.GetAsync(draft, HttpStatusCode.NoContent);
        var listed = Assert.Single((await annotator.GetAsync($"/annotations?project={project}")).EnumerateArray());
        Assert.Equal("[[\"c1\"],[\"c2\"]]", listed.GetProperty("ranking").ToString());
        Assert.Equal(("body: 'sequence' is missing", "sequence"),
            await annotator.RefusalAsync(HttpMethod.Put, draft, First, HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task What_somebody_else_holds_or_answered_does_not_exist()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, project, assignment) = await LeaseAsync(home);
        var other = await home.SignInAsync();
        await annotator.PutAsync($"/assignments/{assignment}/draft", """{"sequence": 1, "ranking": [["c2"]]}""");
        await ForeignAsync(HttpStatusCode.NotFound);
        var made = await annotator.PostAsync($"/assignments/{assignment}/annotation", First, HttpStatusCode.Created);
        await ForeignAsync(HttpStatusCode.NotFound);
        await other.GetAsync($"/annotations/{made.GetProperty("id").GetGuid()}", HttpStatusCode.NotFound);
        await other.PutAsync($"/annotations/{made.GetProperty("id").GetGuid()}", Second, HttpStatusCode.NotFound);
        // A researcher reads it and cannot correct it either.
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        await researcher.GetAsync($"/annotations/{made.GetProperty("id").GetGuid()}");
        await researcher.PutAsync($"/annotations/{made.GetProperty("id").GetGuid()}", Second, HttpStatusCode.NotFound);
        Assert.Empty((await other.GetAsync($"/annotations?project={project}")).EnumerateArray());

        async Task ForeignAsync(HttpStatusCode expected)
        {
            string address = $"/assignments/{assignment}";
            await other.GetAsync(address, expected);
            await other.GetAsync(address + "/draft", expected);
            await other.SendAsync(HttpMethod.Delete, address + "/draft", null, expected);
            await other.PutAsync(address + "/draft", """{"sequence": 9, "ranking": [["c2"]]}""", expected);
            await other.PostAsync(address + "/annotation", First, expected);
            await other.PostAsync(address + "/skip", """{"reason": "x"}""", expected);
        }
    }

    [Fact]
    public async Task Case_20_who_is_paused_is_told_why_and_keeps_the_answer()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, project, assignment) = await LeaseAsync(home);
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        string member = $"/projects/{project}/members/{annotator.Annotator}";
        var paused = await researcher.PostAsync(member + "/pause", """{"reason": "too fast"}""");
        Assert.Equal("paused", paused.GetProperty("state").GetString());
        string address = $"/assignments/{assignment}/annotation";
        var refusal = await annotator.RefusalAsync(HttpMethod.Post, address, First, HttpStatusCode.Forbidden);
        Assert.Matches("^you are paused in this project since .*: too fast; your answers are kept as a draft$", refusal.Detail);
        Assert.Contains("too fast",
            (await annotator.RefusalAsync(HttpMethod.Post, $"/projects/{project}/next", null, HttpStatusCode.Forbidden)).Detail);
        Assert.Equal("too fast", (await annotator.GetAsync($"/projects/{project}")).GetProperty("me").GetProperty("reason").GetString());
        Assert.Equal("[[\"c1\"],[\"c2\"]]", (await annotator.GetAsync($"/assignments/{assignment}/draft"))
            .GetProperty("answers").GetProperty("ranking").GetProperty("ranking").ToString());
        await researcher.PostAsync(member + "/readmit");
        await annotator.PostAsync(address, First, HttpStatusCode.Created);
        await researcher.PostAsync(member + "/exclude", """{"reason": "random answers"}""");
        await annotator.RefusalAsync(HttpMethod.Post, $"/projects/{project}/next", null, HttpStatusCode.Forbidden);
        var listed = Assert.Single((await researcher.GetAsync($"/projects/{project}/members")).EnumerateArray());
        Assert.Equal(("excluded", "random answers"), (listed.GetProperty("state").GetString(), listed.GetProperty("reason").GetString()));
        Assert.Equal(("reason: 1 … 2000 characters that the member sees; got 0", "reason"),
            await researcher.RefusalAsync(HttpMethod.Post, member + "/pause", """{"reason": " "}""", HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_correction_is_a_new_revision_and_two_tabs_do_not_undo_each_other()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, project, assignment) = await LeaseAsync(home);
        var made = await annotator.PostAsync($"/assignments/{assignment}/annotation", First, HttpStatusCode.Created);
        string address = $"/annotations/{made.GetProperty("id").GetGuid()}";
        var corrected = await annotator.PutAsync(address, """{"ranking": [["c2"], ["c1"]], "revision": 1}""", key: "c");
        Assert.Equal(2, corrected.GetProperty("revision").GetInt32());
        Assert.Equal(corrected.GetProperty("id").GetGuid(),
            (await annotator.PutAsync(address, """{"ranking": [["c2"], ["c1"]], "revision": 1}""", key: "c")).GetProperty("id").GetGuid());
        Assert.Contains("revision 2 is the newest", (await annotator.RefusalAsync(
            HttpMethod.Put, address, """{"ranking": [["c1", "c2"]], "revision": 1}""", HttpStatusCode.Conflict)).Detail);
        // Without a revision, the newest is corrected.
        Assert.Equal(3, (await annotator.PutAsync(address, """{"ranking": [["c1", "c2"]]}""")).GetProperty("revision").GetInt32());
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        Assert.Single((await researcher.GetAsync($"/annotations?project={project}")).EnumerateArray());
        Assert.Equal([1, 2, 3], (await researcher.GetAsync($"/annotations?project={project}&revisions=true")).EnumerateArray()
            .Select(a => a.GetProperty("revision").GetInt32()));
        Assert.False((await annotator.GetAsync(address)).GetProperty("latest").GetBoolean());
    }

    [Theory]
    [InlineData("{", null, "body: not valid JSON at position 2: ")]
    [InlineData("[]", null, "body: the value must be an object; got []")]
    [InlineData("""{"rankings": []}""", "rankings", "body: unknown field 'rankings'; did you mean 'ranking'? Known fields: ")]
    [InlineData("""{"ranking": ["c1"]}""", "ranking[0]", "body: ranking[0] must be a list; got \"c1\"")]
    [InlineData("""{"ranking": [["c1"], ["c9"]]}""", "ranking[1]", "ranking[1]: there is no completion 'c9'; there are c1 … c2")]
    [InlineData("""{"ranking": [["c1", "c1"]]}""", "ranking[0]", "ranking[0]: 'c1' stands twice in the group")]
    [InlineData("""{"ranking": [["c1"], ["c1"]]}""", "answers.ranking", "answers: 'ranking': c1 is ranked twice")]
    [InlineData("""{"ranking": []}""", "answers.ranking", "answers: 'ranking' has no ranking; an unchanged order is not an answer")]
    [InlineData("{}", "answers.ranking", "answers: 'ranking' has no ranking")]
    [InlineData("""{"ranking": [["c1"]], "ratings": {"c1": 1}}""", "ratings",
        "ratings: no question of this project takes ratings; its questions: ranking, rationale")]
    [InlineData("""{"answers": {"rankin": {}}}""", "answers.rankin",
        "answers.rankin: this project asks no 'rankin'; did you mean 'ranking'? Its questions: ranking, rationale")]
    [InlineData("""{"ranking": [["c1"]], "flags": {"c1": "spam"}}""", "flags", "body: flags: must be a list of labels")]
    [InlineData("""{"ranking": [["c1"]], "flags": 5}""", "flags", "body: flags: must be a list of labels")]
    [InlineData("""{"ranking": [["c1"]], "rationale": "\ud800"}""", "rationale", "body: ")]
    [InlineData("""{"ranking": [["c1"]], "seconds": -1}""", null, "the time taken must be 0 or more seconds; got -1")]
    public async Task Answers_that_do_not_fit_are_told_what_and_where(string body, string? field, string detail)
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, _, assignment) = await LeaseAsync(home);
        var refusal = await annotator.RefusalAsync(
            HttpMethod.Post, $"/assignments/{assignment}/annotation", body, HttpStatusCode.BadRequest);
        Assert.StartsWith(detail, refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(field, refusal.Field);
    }

    [Fact]
    public async Task Hostile_texts_are_stored_as_they_are()
    {
        await using var home = await LabelingHome.StartAsync();
        var (annotator, project, assignment) = await LeaseAsync(home);
        string text = "<script>alert(1)</script>\u202e\u200b\0\t😀 " + new string('x', 900_000);
        await annotator.PostAsync($"/assignments/{assignment}/annotation",
            System.Text.Json.JsonSerializer.Serialize(new { ranking = new string[][] { ["c1"], ["c2"] }, rationale = text }),
            HttpStatusCode.Created);
        Assert.Equal(text, (await annotator.GetAsync($"/annotations?project={project}"))[0]
            .GetProperty("answers").GetProperty("rationale").GetProperty("rationale").GetString());
    }

    [Fact]
    public async Task Nobody_labels_who_is_not_signed_in()
    {
        await using var home = await LabelingHome.StartAsync();
        var (_, project, assignment) = await LeaseAsync(home);
        foreach (string address in new[] { $"/projects/{project}/next", $"/assignments/{assignment}/annotation" })
        {
            using var answer = await home.Served.NewClient().PostAsync("/api/v1" + address, null, Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }
        await using var db = home.Served.Database.OpenReadContext();
        Assert.Equal(1, await db.Assignments.CountAsync(a => a.State == AssignmentState.Leased, Cancellation));
    }

    private static async Task<(ApiClient Annotator, Guid Project, Guid Assignment)> LeaseAsync(LabelingHome home, int tasks = 2)
    {
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p", "question": "ranking"}""", tasks + 1);
        return (annotator, project, (await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid());
    }
}
