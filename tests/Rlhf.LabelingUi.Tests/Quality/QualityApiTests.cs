using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests.Projects;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Tests.Quality;

public sealed class QualityApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_statistics_of_a_hand_made_project_are_what_a_hand_computes()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        var report = await served.Client.GetFromJsonAsync<JsonElement>($"/api/v1/projects/{project}/quality", Cancellation);
        Assert.Equal(10, report.GetProperty("answeredTasks").GetInt32());
        Assert.Equal(10, report.GetProperty("tasksUsed").GetInt32());
        var question = report.GetProperty("questions")[0];
        Assert.Equal("ranking", question.GetProperty("key").GetString());
        var agreement = question.GetProperty("agreement");
        // Eight tasks 3 : 1 (3 of 6 pairs of annotators agree), two unanimous (6 of 6).
        Assert.Equal(36.0 / 60, agreement.GetProperty("percent").GetProperty("value").GetDouble(), 12);
        // Nominal: o = 8 · 2 · 3/3 = 16 unequal of 40; 24 of 40 outcomes are "a": e = 2 · 24 · 16/39.
        Assert.Equal(1 - 39 * 16.0 / (2 * 24 * 16), agreement.GetProperty("nominal").GetProperty("value").GetDouble(), 12);
        var board = question.GetProperty("leaderboard").GetProperty("entries");
        Assert.Equal("model-a", board[0].GetProperty("policy").GetString());
        Assert.Equal(0.6, board[0].GetProperty("winShare").GetDouble(), 12);
        // Bradley–Terry of two: ln(24/16), half of it on either side of 0.
        Assert.Equal(Math.Log(1.5) / 2, board[0].GetProperty("score").GetProperty("value").GetDouble(), 6);
        var elo = board[0].GetProperty("elo");
        Assert.True(elo.GetProperty("low").GetDouble() < elo.GetProperty("high").GetDouble());
        Assert.Equal(40, question.GetProperty("shownFirst").GetProperty("decided").GetInt32());
        var rows = report.GetProperty("annotators").EnumerateArray().ToList();
        Assert.Equal(annotators.Order(), rows.Select(a => a.GetProperty("annotator").GetGuid()).Order());
        var adverse = rows.Single(a => a.GetProperty("annotator").GetGuid() == annotators[3]);
        Assert.Equal(0.2, adverse.GetProperty("reliability").GetProperty("agreement").GetProperty("value").GetDouble(), 12);
        Assert.Equal(8, report.GetProperty("disputed").GetArrayLength());
        Assert.Equal(0.5, report.GetProperty("disputed")[0].GetProperty("agreement").GetDouble());
    }

    [Fact]
    public async Task Another_answer_gives_another_report_and_the_same_answers_the_same()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        string address = $"/api/v1/projects/{project}/quality";
        var first = await served.Client.GetFromJsonAsync<JsonElement>(address, Cancellation);
        var again = await served.Client.GetFromJsonAsync<JsonElement>(address, Cancellation);
        Assert.Equal(first.GetProperty("computed").GetString(), again.GetProperty("computed").GetString());
        var labeling = new LabelingService(served.Database);
        var annotator = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        var task = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await labeling.SubmitAsync(annotator, task.AssignmentId,
            Storage.Entities.Answers.OfRanking(Storage.Entities.Answer.FromRanks([1, 2])), cancellation: Cancellation);
        int answered = first.GetProperty("answeredTasks").GetInt32();
        while (answered < 11)
        {
            // A report is not computed again at once, however often it is asked for.
            answered = (await served.Client.GetFromJsonAsync<JsonElement>(address, Cancellation)).GetProperty("answeredTasks").GetInt32();
        }
    }

    [Fact]
    public async Task Reliabilities_are_offered_as_weights_of_prompts()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        string address = $"/api/v1/projects/{project}/quality/weights";
        string[] lines = (await served.Client.GetStringAsync(address, Cancellation)).TrimEnd().Split('\n');
        Assert.Equal(10, lines.Length);
        var first = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal(64, first.GetProperty("promptHash").GetString()!.Length);
        Assert.Equal(1, lines.Average(line => JsonDocument.Parse(line).RootElement.GetProperty("weight").GetDouble()), 9);
        Assert.Contains(DatasetRequest.PromptKey($"prompt {SampleProject.Hostile} 3"), string.Join('\n', lines));
        Assert.Equal(10, (await served.Client.GetStringAsync(address + "?model=crowd-bt", Cancellation)).TrimEnd().Split('\n').Length);
        using var wrong = await served.Client.GetAsync(address + "?model=coin", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("dawid-skene or crowd-bt", await wrong.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Hours_and_counts_come_as_csv_that_no_spreadsheet_takes_for_formulas()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        var members = new LabelingMembers(served.Database);
        await members.JoinFromLinkAsync(project, "=HYPERLINK(\"x\")", "s1", Cancellation);
        using var answer = await served.Client.GetAsync($"/api/v1/projects/{project}/pay", Cancellation);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        string[] lines = (await answer.Content.ReadAsStringAsync(Cancellation)).TrimEnd().Split("\r\n");
        Assert.Equal("annotator,name,externalWorkerId,answers,corrections,skipped,hours,activeSeconds,first,last", lines[0]);
        // Who did nothing has no row.
        Assert.Equal(1 + annotators.Count, lines.Length);
        Assert.Contains(lines, line => line.StartsWith($"{annotators[0]},", StringComparison.Ordinal)
            && line.Contains(",10,0,0,0.0000,0.0,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_researchers_see_them_and_a_project_that_is_not_there_is_not_found()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        foreach (string part in new[] { "quality", "quality/weights", "pay" })
        {
            foreach (var (role, expected) in new[]
            {
                (AccountRole.Annotator, HttpStatusCode.Forbidden), (AccountRole.Reviewer, HttpStatusCode.Forbidden),
                (AccountRole.Researcher, HttpStatusCode.OK),
            })
            {
                using var user = await served.AddUserAsync(role);
                using var answer = await user.Client.GetAsync($"/api/v1/projects/{project}/{part}", Cancellation);
                Assert.Equal(expected, answer.StatusCode);
            }
            using var missing = await served.Client.GetAsync($"/api/v1/projects/{Guid.NewGuid()}/{part}", Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
    }
}
