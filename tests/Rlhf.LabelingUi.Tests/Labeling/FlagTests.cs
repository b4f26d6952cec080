using System.Net;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Labeling;

/// <summary>What is said about a task beside its answers: that something is wrong with it, or why it was given back.</summary>
public sealed class FlagTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flag_goes_with_the_answer_and_is_shown_to_reviewers_also_after_an_edit()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p"}""", 1);
        var task = await annotator.NextAsync(project);
        var assignment = task.GetProperty("assignmentId").GetGuid();
        string address = $"/assignments/{assignment}/annotation";
        // A draft has it.
        await annotator.PutAsync($"/assignments/{assignment}/draft", """{"sequence": 1, "answers": {"flag": {"flags": ["spam"]}}}""");
        Assert.Equal("spam", (await annotator.NextAsync(project)).GetProperty("draft").GetProperty("answers").GetProperty("flag")
            .GetProperty("flags")[0].GetString());
        Assert.Equal(("flags: must be a list of reasons, for the task as a whole", "flags"), await annotator.RefusalAsync(HttpMethod.Post,
            address, """{"ranking": [["c1"], ["c2"]], "flags": {"c1": ["bad"]}}""", HttpStatusCode.BadRequest));
        var (detail, field) = await annotator.RefusalAsync(
            HttpMethod.Post, address, """{"ranking": [["c1"], ["c2"]], "flags": [" "]}""", HttpStatusCode.BadRequest);
        Assert.StartsWith("flags: a flagged task has 1 … 10 reasons of at most 2000 characters", detail, StringComparison.Ordinal);
        Assert.Equal("flags", field);
        var made = await annotator.PostAsync(
            address, """{"ranking": [["c1"], ["c2"]], "flags": ["<b>spam</b>: sells something"]}""", HttpStatusCode.Created);

        using var reviewer = await home.Served.AddUserAsync(AccountRole.Reviewer);
        var listed = Assert.Single((await new ApiClient(reviewer.Client, reviewer.AnnotatorId)
            .GetAsync($"/annotations?project={project}")).EnumerateArray());
        Assert.Equal("<b>spam</b>: sells something",
            listed.GetProperty("answers").GetProperty("flag").GetProperty("flags")[0].GetString());
        var browser = await home.Served.SignInAsync(reviewer);
        string page = $"/projects/{project}/review/{task.GetProperty("taskId").GetGuid()}";
        string html = await browser.Client.GetStringAsync(page, Cancellation);
        Assert.Contains(">Flagged</span>", html);
        Assert.Contains("&lt;b&gt;spam&lt;/b&gt;: sells something", html);

        string id = made.GetProperty("id").GetGuid().ToString("N");
        using (await browser.SubmitAsync(page, $"edit {id}", [("edit.ranking.place.0", "1"), ("edit.ranking.place.1", "1")], Cancellation))
        {
        }
        await using var db = home.Served.Database.OpenReadContext();
        Assert.Equal(["<b>spam</b>: sells something"], Assert.Single(db.Reviews).Answers![Question.Flag].Flags);
    }

    [Fact]
    public async Task Where_labels_are_asked_for_flags_are_labels()
    {
        await using var home = await LabelingHome.StartAsync();
        var (researcher, annotator) = (await home.SignInAsync(AccountRole.Researcher), await home.SignInAsync());
        var project = await LabelingHome.ProjectAsync(researcher, """
            {"name": "p", "questions": [
              {"key": "ranking", "kind": "ranking", "text": "Which?"},
              {"key": "topic", "kind": "labels", "text": "Topic", "choices": [{"key": "code", "text": "Code"}]}]}
            """, 1);
        string address = $"/assignments/{(await annotator.NextAsync(project)).GetProperty("assignmentId").GetGuid()}/annotation";
        Assert.Contains("there is no label 'spam'", (await annotator.RefusalAsync(
            HttpMethod.Post, address, """{"ranking": [["c1"], ["c2"]], "flags": ["spam"]}""", HttpStatusCode.BadRequest)).Detail);
        await annotator.PostAsync(address, """{"ranking": [["c1"], ["c2"]], "flags": ["code"]}""", HttpStatusCode.Created);
        await using var db = home.Served.Database.OpenReadContext();
        Assert.Equal(["ranking", "topic"], Assert.Single(db.Annotations).Answers.Keys);
    }

    [Fact]
    public async Task Who_gave_a_task_back_why_and_when_is_shown_to_those_who_review_it()
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        using var anna = await home.Served.AddUserAsync(AccountRole.Annotator, "anna");
        var annotator = new ApiClient(anna.Client, anna.AnnotatorId);
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "p"}""", 2);
        var task = await annotator.NextAsync(project);
        await annotator.PostAsync($"/assignments/{task.GetProperty("assignmentId").GetGuid()}/skip",
            """{"reason": "unclear: which <i>year</i>?"}""", HttpStatusCode.NoContent);

        var id = task.GetProperty("taskId").GetGuid();
        var listed = (await researcher.GetAsync($"/projects/{project}/tasks")).EnumerateArray().ToList();
        foreach (var found in new[] { await researcher.GetAsync($"/tasks/{id}"), listed.Single(t => t.GetProperty("id").GetGuid() == id) })
        {
            Assert.Equal(1, found.GetProperty("skipped").GetInt32());
            var skip = Assert.Single(found.GetProperty("skips").EnumerateArray());
            Assert.Equal((anna.AnnotatorId, "unclear: which <i>year</i>?"),
                (skip.GetProperty("annotatorId").GetGuid(), skip.GetProperty("reason").GetString()));
            Assert.Equal(home.Clock.GetUtcNow(), skip.GetProperty("skipped").GetDateTimeOffset(), TimeSpan.FromMilliseconds(1));
        }
        Assert.Empty(listed.Single(t => t.GetProperty("id").GetGuid() != id).GetProperty("skips").EnumerateArray());
        var browser = await home.Served.SignInAsync(await home.Served.AddUserAsync(AccountRole.Reviewer));
        string html = await browser.Client.GetStringAsync($"/projects/{project}/review/{id}", Cancellation);
        Assert.Matches("<h3 id=\"skips\">Skipped</h3>(?s:.*)anna(?s:.*)unclear: which &lt;i&gt;year&lt;/i&gt;\\?", html);
        // Of a task that nobody gave back nothing is said.
        var other = listed.Single(t => t.GetProperty("id").GetGuid() != id).GetProperty("id").GetGuid();
        Assert.DoesNotContain("id=\"skips\"", await browser.Client.GetStringAsync($"/projects/{project}/review/{other}", Cancellation));
    }
}
