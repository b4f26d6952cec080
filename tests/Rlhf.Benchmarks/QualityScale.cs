using System.Diagnostics;
using Rlhf.LabelingUi.Features.Quality;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Quality;

namespace Rlhf.Benchmarks;

/// <summary>
/// How long the statistics of a large project take: 100,000 tasks of four completions, 300,000 rankings. Bar: a report is there within
/// 2 s at each visit, the first one of a part of the tasks.
/// </summary>
internal static class QualityScale
{
    private const double BarSeconds = 2;

    public static async Task<int> RunAsync(int tasks = 100_000)
    {
        using var large = await LargeProject.CreateAsync(tasks, varied: true);
        var quality = new ProjectQuality(large.Database, new ChangeFeed(TimeProvider.System), TimeProvider.System);
        var watch = Stopwatch.StartNew();
        bool good = true;
        for (int visit = 1; visit <= 8; visit++)
        {
            watch.Restart();
            var view = await quality.GetAsync(large.Project);
            double seconds = watch.Elapsed.TotalSeconds;
            good &= seconds <= BarSeconds && view.Report is not null;
            Console.WriteLine($"visit {visit}: {seconds:F2} s, "
                + (view.Report is { } report ? $"report of {report.TasksUsed} tasks" : "no report yet")
                + $"{(view.IsUpdating ? ", updating" : "")}");
        }
        var whole = await quality.ComputeAsync(large.Project);
        Console.WriteLine($"the whole computation: {whole.Seconds:F2} s for {whole.TasksUsed} of {whole.AnsweredTasks} tasks");
        watch.Restart();
        var pay = await new PayReader(large.Database).ReadAsync(large.Project);
        Console.WriteLine($"pay of {pay.Count} people: {watch.Elapsed.TotalSeconds:F2} s");
        Console.WriteLine($"bar {BarSeconds} s: {(good ? "kept" : "MISSED")}");
        return good ? 0 : 1;
    }
}
