using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Tests.Projects;

public sealed class ProjectPagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_researcher_makes_a_project_in_the_form_and_a_bad_value_is_shown_at_its_field()
    {
        await using var served = await ServedHome.StartAsync();
        using var researcher = await served.AddUserAsync(AccountRole.Researcher);
        var browser = await served.SignInAsync(researcher);
        using (var refused = await browser.SubmitAsync("/projects/new", "new",
            [("name", "mine"), ("template", "pairwise"), ("overlap", "many"), ("guidelines", "Be kind")], Cancellation))
        {
            Assert.Equal(HttpStatusCode.OK, refused.StatusCode);
            string html = WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync(Cancellation));
            Assert.Contains("overlap must be a whole number from 1 to 1000; got 'many'", html);
            Assert.Matches("<input[^>]*id=\"overlap\"[^>]*aria-invalid=\"true\"", html);
            Assert.Contains("value=\"mine\"", html);
            Assert.Contains("Be kind</textarea>", html);
        }
        using var made = await browser.SubmitAsync("/projects/new", "new",
            [("name", "mine"), ("template", "pairwise"), ("overlap", "3"), ("access", "Members"), ("guidelines", "Be kind")], Cancellation);
        Assert.True(made.StatusCode is HttpStatusCode.Found or HttpStatusCode.SeeOther, $"{made.StatusCode}");
        await using var db = served.Database.OpenReadContext();
        var project = await db.Projects.Include(p => p.Versions).SingleAsync(Cancellation);
        Assert.Equal(("mine", 3, ProjectAccess.Members), (project.Name, project.Overlap, project.Settings.Access));
        Assert.Equal("Be kind", project.Versions.Single().Guidelines);
        Assert.Equal(QuestionKind.Pairwise, project.Versions.Single().Questions[0].Kind);
        Assert.Contains($"/projects/{project.Id}", made.Headers.Location!.OriginalString);
        string list = await browser.Client.GetStringAsync("/projects", Cancellation);
        Assert.Contains($"href=\"/projects/{project.Id}\"", list);
    }

    [Fact]
    public async Task Settings_are_saved_together_or_not_at_all()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        var browser = await served.SignInAsync(served.Admin);
        string address = $"/projects/{project}/settings";
        (string, string)[] Values(string leaseMinutes) =>
        [
            ("overlap", "5"), ("access", "Members"), ("guidelines", "New words"), ("contentWarning", "Sad"), ("leaseMinutes", leaseMinutes),
            ("maxLeases", "2"), ("goldShare", "10"), ("repeatShare", "5"), ("repeatAfterMinutes", "60"), ("pauseBelowGoldAccuracy", "70"),
            ("pauseAfterGolds", "4"), ("pauseAboveQuickShare", "25"), ("quickWordsPerMinute", "900"), ("pauseAboveStraightShare", "60"),
            ("pauseAfterAnswers", "40"), ("closed", "until Monday"),
            ("passMark", "90"), ("qualificationTries", "3"), ("idleSeconds", "90"), ("completionCode", "C0DE"),
        ];
        using (var refused = await browser.SubmitAsync(address, "settings", Values("-1"), Cancellation))
            Assert.Contains("leaseMinutes must be above 0", await refused.Content.ReadAsStringAsync(Cancellation));
        await using (var before = served.Database.OpenReadContext())
        {
            var row = await before.Projects.SingleAsync(Cancellation);
            Assert.Equal((4, new ProjectSettings()), (row.Overlap, row.Settings));
        }
        using var saved = await browser.SubmitAsync(address, "settings", Values("15"), Cancellation);
        Assert.Contains("saved=true", saved.Headers.Location!.OriginalString);
        await using var db = served.Database.OpenReadContext();
        var after = await db.Projects.Include(p => p.Versions).SingleAsync(Cancellation);
        Assert.Equal(5, after.Overlap);
        Assert.Equal(new ProjectSettings
        {
            Access = ProjectAccess.Members,
            LeaseMinutes = 15,
            MaxLeases = 2,
            GoldShare = 0.1,
            RepeatShare = 0.05,
            RepeatAfterMinutes = 60,
            PauseBelowGoldAccuracy = 0.7,
            PauseAfterGolds = 4,
            PauseAboveQuickShare = 0.25,
            QuickWordsPerMinute = 900,
            PauseAboveStraightShare = 0.6,
            PauseAfterAnswers = 40,
            Closed = "until Monday",
            PassMark = 0.9,
            QualificationTries = 3,
            IdleSeconds = 90,
            ContentWarning = "Sad",
            CompletionCode = "C0DE",
        }, after.Settings);
        Assert.Equal("New words", after.Versions.MaxBy(v => v.Number)!.Guidelines);
        Assert.Contains("until Monday", await browser.Client.GetStringAsync($"/projects/{project}", Cancellation));
    }

    [Fact]
    public async Task A_member_is_paused_with_a_reason_let_on_again_and_made_a_reviewer()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database);
        var browser = await served.SignInAsync(served.Admin);
        string address = $"/projects/{project}/members", id = annotators[0].ToString("N");
        async Task<ProjectMember> MemberAsync()
        {
            await using var db = served.Database.OpenReadContext();
            return await db.Members.SingleAsync(m => m.AnnotatorId == annotators[0], Cancellation);
        }
        using (await browser.SubmitAsync(address, $"Pause {id}", [("reason", "please slow down")], Cancellation))
        {
            var paused = await MemberAsync();
            Assert.Equal((MemberState.Paused, "please slow down"), (paused.State, paused.Reason));
        }
        Assert.Contains("please slow down", await browser.Client.GetStringAsync(address, Cancellation));
        using (await browser.SubmitAsync(address, $"readmit {id}", [], Cancellation))
            Assert.Equal(MemberState.Active, (await MemberAsync()).State);
        using (await browser.SubmitAsync(address, $"role {id}", [("role", "Reviewer")], Cancellation))
            Assert.Equal(ProjectRole.Reviewer, (await MemberAsync()).Role);
        using (await browser.SubmitAsync(address, $"Exclude {id}", [("reason", "answers at random")], Cancellation))
            Assert.Equal(MemberState.Excluded, (await MemberAsync()).State);
        // Without a reason nothing happens.
        id = annotators[1].ToString("N");
        using var refused = await browser.SubmitAsync(address, $"Pause {id}", [("reason", " ")], Cancellation);
        Assert.Contains("the reason: write something", await refused.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task People_are_called_by_their_names_wherever_they_are_listed()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database);
        var labeling = new LabelingService(served.Database);
        // An account, a worker of another platform, and somebody of an imported file.
        using var anna = await served.AddUserAsync(AccountRole.Annotator, "anna");
        var worker = await new LabelingMembers(served.Database).JoinFromLinkAsync(project, "W-17", "session", Cancellation);
        var imported = await labeling.CreateAnnotatorAsync(
            simulated: false, $"berta of imports into project {project}", cancellation: Cancellation);
        foreach (var annotator in new[] { anna.AnnotatorId, worker, imported })
        {
            var task = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await labeling.SubmitAsync(
                annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2])), cancellation: Cancellation);
        }
        // Those of a file are no members.
        await served.Database.WriteAsync(
            db => db.Members.Where(m => m.AnnotatorId == imported).ExecuteDeleteAsync(Cancellation), Cancellation);
        await served.ComputeQualityAsync(project);
        string nameless = $"annotator {annotators[0].ToString("N")[..8]}";
        var browser = await served.SignInAsync(served.Admin);
        string[] members = ["anna", "W-17", nameless];
        foreach (var (part, names) in new[] { ("/members", members), ("/quality", [.. members, "berta"]), ("", ["anna", "W-17", "berta"]) })
        {
            string html = WebUtility.HtmlDecode(await browser.Client.GetStringAsync($"/projects/{project}{part}", Cancellation));
            Assert.All(names, name => Assert.Matches($">\\s*{name}\\s*<", html));
        }
        Assert.Contains($"标注者 {annotators[0].ToString("N")[..8]}", WebUtility.HtmlDecode(
            await browser.Client.GetStringAsync($"/projects/{project}/members?culture=zh-Hans", Cancellation)));
        string api = await served.Client.GetStringAsync($"/api/v1/projects/{project}/members", Cancellation);
        Assert.All(members, name => Assert.Matches($"\"name\":\\s*\"{name}\"", api));
    }

    [Fact]
    public async Task A_reviewer_sends_back_edits_and_adjudicates_blind()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database);
        using var reviewer = await served.AddUserAsync(AccountRole.Reviewer);
        var browser = await served.SignInAsync(reviewer);
        await served.ComputeQualityAsync(project);
        string list = await browser.Client.GetStringAsync($"/projects/{project}/review", Cancellation);
        string address = Regex.Match(list, $"/projects/{project}/review/[0-9a-f-]{{36}}").Value;
        var task = Guid.Parse(address[^36..]);
        string page = WebUtility.HtmlDecode(await browser.Client.GetStringAsync(address, Cancellation));
        Assert.DoesNotContain("model-a", page);
        Assert.DoesNotContain("model-b", page);
        await using var db = served.Database.OpenReadContext();
        var given = await db.Annotations.Where(a => a.TaskId == task).OrderBy(a => a.Created).ToListAsync(Cancellation);
        string[] ids = [.. given.Select(a => a.Id.ToString("N"))];
        using (var sent = await browser.SubmitAsync(address, $"reject {ids[0]}", [("feedback", "please read it again")], Cancellation))
            Assert.Contains("done=Rejected", sent.Headers.Location!.OriginalString);
        using (await browser.SubmitAsync(address, $"edit {ids[1]}",
            [("edit.ranking.place.0", "1"), ("edit.ranking.place.1", "1")], Cancellation))
        {
        }
        using (await browser.SubmitAsync(address, $"approve {ids[2]}", [], Cancellation))
        {
        }
        using (await browser.SubmitAsync(address, "adjudicate",
            [("final.ranking.place.0", "2"), ("final.ranking.place.1", "1"), ("feedback", "b is right")], Cancellation))
        {
        }
        var reviews = await db.Reviews.Where(r => r.TaskId == task && r.Latest).ToListAsync(Cancellation);
        Assert.Equal(
            [ReviewDecision.Approved, ReviewDecision.Edited, ReviewDecision.Rejected, ReviewDecision.Adjudicated],
            reviews.Select(r => r.Decision).Order());
        Assert.All(reviews, r => Assert.Equal(reviewer.AnnotatorId, r.ReviewerId));
        Assert.Equal("please read it again", reviews.Single(r => r.Decision == ReviewDecision.Rejected).Feedback);
        Assert.Equal("""{"ranking":{"ranking":[[0,1]]}}""",
            ContentJson.Write(reviews.Single(r => r.Decision == ReviewDecision.Edited).Answers));
        Assert.Equal("""{"ranking":{"ranking":[[1],[0]]}}""",
            ContentJson.Write(reviews.Single(r => r.Decision == ReviewDecision.Adjudicated).Answers));
        // What is decided leaves the list; the others stay.
        await served.ComputeQualityAsync(project);
        list = await browser.Client.GetStringAsync($"/projects/{project}/review", Cancellation);
        Assert.DoesNotContain(task.ToString(), Regex.Match(list, "<ol class=\"task-list\".*?</ol>", RegexOptions.Singleline).Value);
        Assert.Equal(7, Regex.Count(Regex.Match(list, "<ol class=\"task-list\".*?</ol>", RegexOptions.Singleline).Value,
            $"/projects/{project}/review/[0-9a-f-]{{36}}"));
        // From each task a link leads to the next that is left, once around.
        string first = Regex.Match(list, $"<ol class=\"task-list\".*?(/projects/{project}/review/[0-9a-f-]{{36}})", RegexOptions.Singleline)
            .Groups[1].Value;
        var visited = new List<string> { first };
        for (int i = 1; i < 7; i++)
            visited.Add(await NextAsync(visited[^1], "6"));
        Assert.Equal(7, visited.Distinct().Count());
        Assert.Equal(first, await NextAsync(visited[^1], "6"));
        Assert.Equal(first, await NextAsync(address, "7"));

        async Task<string> NextAsync(string from, string left) => Regex.Match(
            WebUtility.HtmlDecode(await browser.Client.GetStringAsync(from, Cancellation)),
            $"<a href=\"([^\"]*)\">Next disagreement \\({left} left to decide\\)").Groups[1].Value;

        // Answers that do not fit are refused with the reason, and nothing changes.
        using var refused = await browser.SubmitAsync(address, "adjudicate", [("final.ranking.place.0", "7")], Cancellation);
        Assert.Contains("a place must be a whole number from 1 to 2", await refused.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/tasks")]
    [InlineData("/members")]
    [InlineData("/quality")]
    [InlineData("/review")]
    [InlineData("/settings")]
    [InlineData("/export")]
    public async Task Pages_show_hostile_texts_as_text_and_are_in_the_reader_s_language(string part)
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database, name: SampleProject.Hostile, selfIdentifying: true);
        await new LabelingMembers(served.Database).PauseAsync(project, annotators[0], SampleProject.Hostile, Cancellation);
        var browser = await served.SignInAsync(served.Admin);
        await served.ComputeQualityAsync(project);
        string html = await browser.Client.GetStringAsync($"/projects/{project}{part}", Cancellation);
        Assert.DoesNotContain("<script>window", html);
        Assert.DoesNotContain("<img", html);
        Assert.Contains(SampleProject.Hostile, WebUtility.HtmlDecode(html));
        string german = await browser.Client.GetStringAsync($"/projects/{project}{part}?culture=de", Cancellation);
        Assert.Contains("Einstellungen", german);
        string chinese = WebUtility.HtmlDecode(
            await browser.Client.GetStringAsync($"/projects/{project}{part}?culture=zh-Hans", Cancellation));
        Assert.Contains("设置", chinese);
    }

    [Fact]
    public async Task Reviewers_see_the_projects_that_are_open_to_them_and_what_they_need_of_them()
    {
        await using var served = await ServedHome.StartAsync();
        var (open, _) = await SampleProject.AddAsync(served.Database);
        var labeling = new LabelingService(served.Database);
        var closed = await labeling.CreateProjectAsync("closed", cancellation: Cancellation);
        await labeling.SetSettingsAsync(closed, new ProjectSettings { Access = ProjectAccess.Members }, Cancellation);
        using var reviewer = await served.AddUserAsync(AccountRole.Reviewer);
        var browser = await served.SignInAsync(reviewer);
        string list = await browser.Client.GetStringAsync("/projects", Cancellation);
        Assert.Contains(open.ToString(), list);
        Assert.DoesNotContain(closed.ToString(), list);
        foreach (string page in new[] { "", "/review" })
        {
            using var hidden = await browser.Client.GetAsync($"/projects/{closed}{page}", Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
        }
        await new LabelingMembers(served.Database).SetRoleAsync(closed, reviewer.AnnotatorId, ProjectRole.Reviewer, Cancellation);
        Assert.Contains(closed.ToString(), await browser.Client.GetStringAsync("/projects", Cancellation));
        string overview = await browser.Client.GetStringAsync($"/projects/{open}", Cancellation);
        Assert.DoesNotContain("/settings", overview);
        Assert.DoesNotContain("/quality", overview);
    }
}
