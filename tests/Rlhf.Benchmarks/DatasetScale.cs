using System.Diagnostics;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Benchmarks;

/// <summary>
/// A dataset version of 300,000 annotations is made and written out while two people lease, answer and look at the progress through
/// the same program, as in the browser: a home folder is one hub's, so that no other process writes. Bars: none of them waits longer
/// than 200 ms, and the process needs at most 1 GB.
/// </summary>
internal static class DatasetScale
{
    private const double BarMilliseconds = 200;
    private const double BarGigabytes = 1;

    public static async Task<int> RunAsync(int tasks = 100_000)
    {
        using var large = await LargeProject.CreateAsync(tasks);
        var versions = new DatasetVersions(large.Database);
        var request = new DatasetRequest { Projects = [large.Project] };
        // What comes first (compiled queries, pages of the file) is no part of what a dataset version costs the others.
        await LongestWaitAsync(large, () => Task.Delay(TimeSpan.FromSeconds(2)));
        double alone = await LongestWaitAsync(large, () => Task.Delay(TimeSpan.FromSeconds(5)));
        Console.WriteLine($"longest wait while nothing else goes on: {alone:F0} ms");

        var watch = Stopwatch.StartNew();
        DatasetInfo? info = null;
        double making = await LongestWaitAsync(large, async () => info = await versions.CreateAsync(request));
        Console.WriteLine($"a version of {info!.Annotations} annotations is made in {watch.Elapsed.TotalSeconds:F1} s");
        bool good = Report("longest wait meanwhile", making, BarMilliseconds, "ms");
        watch.Restart();
        MaterializedDataset? made = null;
        double writing = await LongestWaitAsync(large, async () =>
            made = await versions.MaterializeAsync(info.Id, large["rankings.jsonl"]));
        Console.WriteLine($"{made!.Lines} lines are written in {watch.Elapsed.TotalSeconds:F1} s");
        good &= Report("longest wait meanwhile", writing, BarMilliseconds, "ms");
        using var process = Process.GetCurrentProcess();
        good &= Report("peak memory of the process", process.PeakWorkingSet64 / 1e9, BarGigabytes, "GB");
        return good ? 0 : 1;
    }

    /// <summary>
    /// The longest time, in milliseconds, that anybody waited for a lease, a submission or the progress while some work was done.
    /// </summary>
    private static async Task<double> LongestWaitAsync(LargeProject large, Func<Task> work)
    {
        using var ended = new CancellationTokenSource();
        var others = new[]
        {
            Task.Run(() => AnswerAsync(new LabelingService(large.Database), large.Annotators[0], large.Project, ended.Token)),
            Task.Run(() => AnswerAsync(new LabelingService(large.Database), large.Annotators[1], large.Project, ended.Token)),
        };
        try
        {
            await Task.Run(work);
        }
        finally
        {
            await ended.CancelAsync();
        }
        return (await Task.WhenAll(others)).Max();
    }

    private static async Task<double> AnswerAsync(LabelingService labeling, Guid annotator, Guid project, CancellationToken ended)
    {
        double longest = 0;
        while (!ended.IsCancellationRequested)
        {
            var task = await TimeAsync(() => labeling.LeaseNextAsync(annotator, project));
            await TimeAsync(() => labeling.SubmitAsync(annotator, task!.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2]))));
            await TimeAsync(() => labeling.ProgressAsync(project));
            // People think for longer than this.
            await Task.Delay(10, CancellationToken.None);
        }
        return longest;

        async Task<T> TimeAsync<T>(Func<Task<T>> action)
        {
            var watch = Stopwatch.StartNew();
            var result = await action();
            longest = Math.Max(longest, watch.Elapsed.TotalMilliseconds);
            return result;
        }
    }

    private static bool Report(string what, double value, double bar, string unit)
    {
        bool good = value <= bar;
        Console.WriteLine($"{what}: {value:G3} {unit} (bar {bar} {unit}: {(good ? "kept" : "MISSED")})");
        return good;
    }
}
