using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>Reviewing answers to questions that have changed since.</summary>
public sealed class ReviewedVersionsTests
{
    private const int Old = 10, New = 2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Case_18_answers_from_before_a_criterion_was_added_and_one_renamed_are_exported_and_reviewed_as_they_were_asked()
    {
        await using var served = await ServedHome.StartAsync();
        var labeling = new LabelingService(served.Database);
        var project = await labeling.CreateProjectAsync(
            "changing", questions: [Question.DefaultRanking, Criterion("tone")], cancellation: Cancellation);
        await labeling.AddTasksAsync(project, Enumerable.Range(0, Old + New).Select(i => new NewTask(
            LabelingService.Prompt($"prompt {i}"), [NewCompletion.FromText("a"), NewCompletion.FromText("b")])),
            cancellation: Cancellation);
        var annotator = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        await AnswerAsync(Old, "tone");
        await labeling.ReviseProjectAsync(
            project, [Question.DefaultRanking, Criterion("style"), Criterion("facts")], "", Cancellation);
        await AnswerAsync(New, "style", "facts");

        string[] lines = (await served.Client.GetStringAsync($"/api/v1/projects/{project}/export?format=rankings", Cancellation))
            .TrimEnd().Split('\n');
        Assert.Equal(Enumerable.Repeat("1: ranking tone", Old).Concat(Enumerable.Repeat("2: facts ranking style", New)),
            lines.Skip(1).Select(Exported));

        using var reviewer = await served.AddUserAsync(AccountRole.Reviewer);
        var browser = await served.SignInAsync(reviewer);
        await using var db = served.Database.OpenReadContext();
        var given = await db.Annotations.OrderBy(a => a.Id).ToListAsync(Cancellation);
        await EditAsync(given[0], ("tone", 4));
        await EditAsync(given[^1], ("style", 2), ("facts", 3));
        var edited = await db.Reviews.OrderBy(r => r.Id).ToListAsync(Cancellation);
        Assert.Equal([4, 4], edited[0].Answers!["tone"].Ratings);
        Assert.Equal(["ranking", "tone"], edited[0].Answers!.Keys);
        Assert.Equal([3, 3], edited[1].Answers!["facts"].Ratings);
        Assert.All(edited, review => Assert.Equal(ReviewDecision.Edited, review.Decision));

        // The answer is shown whole, and its form asks what was asked.
        async Task EditAsync(Annotation annotation, params (string Key, int Rating)[] ratings)
        {
            string address = $"/projects/{project}/review/{annotation.TaskId}";
            string html = await browser.Client.GetStringAsync(address, Cancellation);
            Assert.DoesNotContain("answers a question of an earlier version", html);
            string[] keys = [.. annotation.Answers.Keys.Except(ratings.Select(r => r.Key)).Except(["ranking"])];
            Assert.Empty(keys);
            using var saved = await browser.SubmitAsync(address, $"edit {annotation.Id:N}",
            [
                ("edit.ranking.place.0", "2"), ("edit.ranking.place.1", "1"),
                .. ratings.SelectMany(r => Enumerable.Range(0, 2).Select(i =>
                    ($"edit.{r.Key}.rating.{i}", r.Rating.ToString(CultureInfo.InvariantCulture)))),
            ], Cancellation);
            Assert.Equal(HttpStatusCode.Found, saved.StatusCode);
        }

        async Task AnswerAsync(int tasks, params string[] criteria)
        {
            for (int i = 0; i < tasks; i++)
            {
                var task = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
                var answers = Answers.OfRanking(Answer.FromRanks([1, 2]));
                foreach (string key in criteria)
                    answers[key] = new Answer { Ratings = [1, 5] };
                await labeling.SubmitAsync(annotator, task.AssignmentId, answers, cancellation: Cancellation);
            }
        }
    }

    private static Question Criterion(string key) =>
        new(key, QuestionKind.Rating, key) { Scale = new RatingScale(1, 5), Required = true };

    /// <summary>The version that was answered, and which questions.</summary>
    private static string Exported(string line)
    {
        var annotation = JsonDocument.Parse(line).RootElement.GetProperty("assignments")[0].GetProperty("annotations")[0];
        return $"{annotation.GetProperty("version").GetInt32()}: "
            + string.Join(' ', annotation.GetProperty("answers").EnumerateObject().Select(a => a.Name).Order(StringComparer.Ordinal));
    }
}
