using Rlhf.LabelingUi.Features.Quality;
using Rlhf.LabelingUi.Tests.Projects;
using Rlhf.Storage.Changes;

namespace Rlhf.LabelingUi.Tests.Quality;

/// <summary>What whoever opens the quality page of a large project for the first time sees.</summary>
public sealed class FirstReportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(3, 2)]
    [InlineData(10, 1)]
    public async Task A_report_of_some_tasks_comes_before_that_of_all_and_only_where_there_are_more(int firstTasks, int reports)
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        var feed = new ChangeFeed(TimeProvider.System);
        var quality = new ProjectQuality(served.Database, feed, TimeProvider.System) { FirstTasks = firstTasks };
        long before = feed.Latest;
        var tasks = new List<int>();
        var view = await quality.GetAsync(project, Cancellation);
        while (view.Report is null || view.IsUpdating)
        {
            if (view.Report is { } part)
                tasks.Add(part.TasksUsed);
            view = await quality.GetAsync(project, Cancellation);
        }
        Assert.Equal((10, 10, reports), (view.Report.TasksUsed, view.Report.AnsweredTasks, feed.Latest - before));
        Assert.All(tasks, used => Assert.Equal(3, used));
        // The same again computes nothing.
        Assert.False((await quality.GetAsync(project, Cancellation)).IsUpdating);
        Assert.Equal(reports, feed.Latest - before);
    }
}
