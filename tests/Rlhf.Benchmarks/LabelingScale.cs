using System.Diagnostics;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Benchmarks;

/// <summary>
/// How long the labeling queries take in a large project: 100,000 tasks that want four answers each, 300,000 annotations, of
/// which one person has given the first 50,000. Bars: p95 of next and of progress at most 20 ms.
/// </summary>
internal static class LabelingScale
{
    private const int Calls = 300;
    private const int BurstCalls = 40;
    private const double BarMilliseconds = 20;

    public static async Task<int> RunAsync(int tasks = 100_000)
    {
        using var large = await LargeProject.CreateAsync(tasks);
        var labeling = new LabelingService(large.Database);
        var newcomer = await labeling.CreateAnnotatorAsync(simulated: false);
        string veteran = $"somebody with {tasks / 2} answers";
        var watch = Stopwatch.StartNew();
        await labeling.LeaseNextAsync(large.Annotators[0], large.Project);
        Console.WriteLine($"first lease of {veteran}, whose place is not known yet: {watch.Elapsed.TotalMilliseconds:F1} ms");
        bool good = true;
        foreach (var (who, annotator) in new[] { (veteran, large.Annotators[0]), ("a newcomer", newcomer) })
        {
            var (next, submit) = await AnswerAsync(labeling, annotator, large.Project, Calls);
            good &= Report($"next, {who}", next, BarMilliseconds);
            Report($"submit, {who}", submit, null);
        }
        // Everybody at once: each waits for the others' transactions too.
        var burst = await Task.WhenAll(
            large.Annotators.Append(newcomer).Select(a => Task.Run(() => AnswerAsync(labeling, a, large.Project, BurstCalls))));
        Report($"next, {burst.Length} people at once", [.. burst.SelectMany(b => b.Next)], null);
        var progress = new List<double>();
        for (int i = 0; i < Calls; i++)
        {
            watch.Restart();
            await labeling.ProgressAsync(large.Project);
            progress.Add(watch.Elapsed.TotalMilliseconds);
        }
        good &= Report("progress", progress, BarMilliseconds);
        return good ? 0 : 1;
    }

    /// <summary>Milliseconds of each lease and each submission of one person.</summary>
    private static async Task<(List<double> Next, List<double> Submit)> AnswerAsync(
        LabelingService labeling, Guid annotator, Guid project, int calls)
    {
        var (next, submit) = (new List<double>(), new List<double>());
        var watch = new Stopwatch();
        for (int i = 0; i < calls; i++)
        {
            watch.Restart();
            var task = (await labeling.LeaseNextAsync(annotator, project))!;
            next.Add(watch.Elapsed.TotalMilliseconds);
            watch.Restart();
            await labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2])));
            submit.Add(watch.Elapsed.TotalMilliseconds);
        }
        return (next, submit);
    }

    private static bool Report(string what, List<double> times, double? bar)
    {
        times.Sort();
        double p50 = times[times.Count / 2], p95 = times[times.Count * 95 / 100];
        bool good = bar is null || p95 <= bar;
        Console.WriteLine(
            $"{what}: p50 {p50:F2} ms, p95 {p95:F2} ms{(bar is null ? "" : $" (bar {bar} ms: {(good ? "kept" : "MISSED")})")}");
        return good;
    }
}
