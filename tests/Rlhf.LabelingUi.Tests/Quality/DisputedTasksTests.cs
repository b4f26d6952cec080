using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Quality;
using Rlhf.LabelingUi.Tests.Projects;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Tests.Quality;

/// <summary>The disagreements that a report lists for its reviewers.</summary>
public sealed class DisputedTasksTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_the_worst_were_decided_the_report_lists_the_next()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, annotators) = await SampleProject.AddAsync(served.Database);
        var quality = new ProjectQuality(served.Database, new ChangeFeed(TimeProvider.System), TimeProvider.System) { MaxDisputed = 3 };
        var reviews = new LabelingReviews(served.Database, everywhere: true);
        var seen = new List<Guid>();
        // Eight tasks of ten are disputed.
        foreach (int listed in new[] { 3, 3, 2, 0 })
        {
            var disputed = (await NewestAsync()).Disputed;
            Assert.Equal(listed, disputed.Count);
            foreach (var task in disputed)
            {
                Assert.DoesNotContain(task.Task, seen);
                seen.Add(task.Task);
                await reviews.AdjudicateAsync(
                    annotators[0], task.Task, Answers.OfRanking(Answer.FromRanks([1, 2])), cancellation: Cancellation);
            }
        }

        async Task<QualityReport> NewestAsync()
        {
            QualityView view;
            while ((view = await quality.GetAsync(project, Cancellation)).IsUpdating || view.Report is null)
                await Task.Yield();
            return view.Report;
        }
    }

    [Fact]
    public async Task The_page_of_a_task_neither_computes_a_report_nor_needs_one()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await using var db = served.Database.OpenReadContext();
        string address = $"/projects/{project}/review/{db.Annotations.First().TaskId}";
        var browser = await served.SignInAsync(await served.AddUserAsync(AccountRole.Reviewer));
        Assert.DoesNotContain("Next disagreement", await browser.Client.GetStringAsync(address, Cancellation));
        using (var decided = await browser.SubmitAsync(
            address, "adjudicate", [("final.ranking.place.0", "2"), ("final.ranking.place.1", "1")], Cancellation))
            Assert.Equal(HttpStatusCode.Found, decided.StatusCode);
        Assert.Null(served.Services.GetRequiredService<ProjectQuality>().Last(project));
        await served.ComputeQualityAsync(project);
        Assert.Contains("Next disagreement", await browser.Client.GetStringAsync(address, Cancellation));
    }
}
