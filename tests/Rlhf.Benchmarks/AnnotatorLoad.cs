using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rlhf.Benchmarks;

/// <summary>
/// Scripted annotators at once on <c>rlhf serve</c>: each submits a ranking and takes the next task, again and again. Bars: 100
/// save-and-next cycles a second, p95 of a cycle at most 300 ms, no error; over a long time flat memory and a bounded log.
/// </summary>
internal static class AnnotatorLoad
{
    private const int Annotators = 50, Tasks = 6000, TasksPerMinute = 12_000, Completions = 4, Overlap = 3;
    private const int SecondsPerLook = 3, LooksPerLine = 10;
    private const double BarCycles = 100, BarMilliseconds = 300;

    /// <param name="seconds">How long. In ten minutes and more the server's memory and its write-ahead log are judged too.</param>
    public static async Task<int> RunAsync(double seconds)
    {
        using var hub = await ServedHub.StartAsync(Annotators);
        int tasks = Math.Max(Tasks, (int)(TasksPerMinute * seconds / 60));
        var project = await hub.CreateProjectAsync(
            new { name = "load", question = "ranking", k = Completions, overlap = Overlap }, tasks, Completions);
        var clock = Stopwatch.StartNew();
        using var over = new CancellationTokenSource();
        var following = FollowAsync(hub, clock, over.Token);
        var all = await Task.WhenAll(hub.Annotators.Select(client => Task.Run(() => LabelAsync(client, project, clock, seconds))));
        double elapsed = clock.Elapsed.TotalSeconds;
        await over.CancelAsync();
        var growth = await following;
        var cycles = all.SelectMany(times => times.Cycles).Order().ToList();
        int errors = all.Sum(times => times.Errors);
        double rate = cycles.Count / elapsed, p95 = Quantile(cycles, 0.95);
        Console.WriteLine($"{Annotators} annotators for {elapsed:F0} s: {cycles.Count} save-and-next cycles, {rate:F0} a second, "
            + $"p50 {Quantile(cycles, 0.5):F0} ms, p95 {p95:F0} ms, {errors} errors");
        Report("annotation", all.SelectMany(times => times.Submit));
        Report("next", all.SelectMany(times => times.Next));
        bool good = rate >= BarCycles && p95 <= BarMilliseconds && errors == 0;
        Console.WriteLine($"bars: {BarCycles} cycles a second, p95 {BarMilliseconds} ms, no error: {(good ? "kept" : "MISSED")}");
        bool bounded = growth.IsBounded(seconds);
        return good && bounded ? 0 : 1;
    }

    private static async Task<ServerGrowth> FollowAsync(ServedHub hub, Stopwatch clock, CancellationToken over)
    {
        var growth = new ServerGrowth();
        for (int look = 0; !over.IsCancellationRequested; look++)
        {
            var log = new FileInfo(hub.Database + "-wal");
            growth.Add(hub.Megabytes, log.Exists ? log.Length / 1e6 : 0);
            if (look % LooksPerLine == 0)
                Console.WriteLine($"{clock.Elapsed.TotalSeconds,6:F0} s: {growth.Last}");
            await Task.Delay(TimeSpan.FromSeconds(SecondsPerLook), over).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        return growth;
    }

    private static async Task<Times> LabelAsync(HttpClient client, Guid project, Stopwatch clock, double seconds)
    {
        var times = new Times();
        var task = await NextAsync();
        while (task is { } shown && clock.Elapsed.TotalSeconds < seconds)
        {
            var (start, assignment) = (clock.Elapsed, shown.GetProperty("assignmentId").GetGuid());
            using var request = new HttpRequestMessage(HttpMethod.Post, $"assignments/{assignment}/annotation")
            {
                Content = JsonContent.Create(new
                {
                    ranking = shown.GetProperty("completions").EnumerateArray().Select(c => new[] { c.GetProperty("id").GetString() }),
                    seconds = 1,
                }),
            };
            request.Headers.Add("Idempotency-Key", assignment.ToString());
            using var answer = await client.SendAsync(request);
            times.Errors += answer.IsSuccessStatusCode ? 0 : 1;
            var saved = clock.Elapsed;
            task = await NextAsync();
            times.Submit.Add((saved - start).TotalMilliseconds);
            times.Next.Add((clock.Elapsed - saved).TotalMilliseconds);
            times.Cycles.Add((clock.Elapsed - start).TotalMilliseconds);
        }
        return times;

        async Task<JsonElement?> NextAsync()
        {
            using var answer = await client.PostAsync($"projects/{project}/next", null);
            return answer.StatusCode == HttpStatusCode.NoContent ? null : await ServedHub.ReadAsync(answer);
        }
    }

    private static void Report(string what, IEnumerable<double> times)
    {
        var sorted = times.Order().ToList();
        Console.WriteLine(
            $"{what}: p50 {Quantile(sorted, 0.5):F1} ms, p95 {Quantile(sorted, 0.95):F1} ms, p99 {Quantile(sorted, 0.99):F1} ms");
    }

    private static double Quantile(List<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private sealed class Times
    {
        public List<double> Cycles { get; } = [];

        public List<double> Submit { get; } = [];

        public List<double> Next { get; } = [];

        public int Errors { get; set; }
    }
}
