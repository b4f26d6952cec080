using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rlhf.Benchmarks;

/// <summary>
/// Scripted annotators at once on a running server: each submits a ranking and takes the next task, again and again. Bars: 100
/// save-and-next cycles a second, p95 of a cycle at most 300 ms, no error.
/// </summary>
internal static class AnnotatorLoad
{
    private const int Tasks = 6000, Together = 1000, Completions = 4, Overlap = 3, TextLength = 400;
    private const double BarCycles = 100, BarMilliseconds = 300;

    /// <param name="address">Where the server listens.</param>
    /// <param name="tokenFile">A token on each line: a researcher's first, then one of each annotator.</param>
    /// <param name="seconds">How long.</param>
    public static async Task<int> RunAsync(string address, string tokenFile, double seconds)
    {
        string[] tokens = [.. (await File.ReadAllLinesAsync(tokenFile)).Where(line => line.Length > 0)];
        using var researcher = Client(address, tokens[0]);
        var project = await CreateAsync(researcher);
        var annotators = tokens.Skip(1).Select(token => Client(address, token)).ToList();
        var clock = Stopwatch.StartNew();
        var all = await Task.WhenAll(annotators.Select(client => Task.Run(() => LabelAsync(client, project, clock, seconds))));
        double elapsed = clock.Elapsed.TotalSeconds;
        var cycles = all.SelectMany(times => times.Cycles).Order().ToList();
        int errors = all.Sum(times => times.Errors);
        double rate = cycles.Count / elapsed, p95 = Quantile(cycles, 0.95);
        Console.WriteLine($"{annotators.Count} annotators for {elapsed:F0} s: {cycles.Count} save-and-next cycles, {rate:F0} a second, "
            + $"p50 {Quantile(cycles, 0.5):F0} ms, p95 {p95:F0} ms, {errors} errors");
        Report("annotation", all.SelectMany(times => times.Submit));
        Report("next", all.SelectMany(times => times.Next));
        annotators.ForEach(client => client.Dispose());
        bool good = rate >= BarCycles && p95 <= BarMilliseconds && errors == 0;
        Console.WriteLine($"bars: {BarCycles} cycles a second, p95 {BarMilliseconds} ms, no error: {(good ? "kept" : "MISSED")}");
        return good ? 0 : 1;
    }

    private static async Task<Guid> CreateAsync(HttpClient researcher)
    {
        var made = await ReadAsync(await researcher.PostAsJsonAsync(
            "projects", new { name = $"load {Guid.NewGuid()}", question = "ranking", k = Completions, overlap = Overlap }));
        var project = made.GetProperty("id").GetGuid();
        for (int from = 0; from < Tasks; from += Together)
        {
            await ReadAsync(await researcher.PostAsJsonAsync($"projects/{project}/tasks", Enumerable.Range(from, Together).Select(i => new
            {
                prompt = $"prompt {i} ".PadRight(TextLength, 'p'),
                completions = Enumerable.Range(0, Completions)
                    .Select(c => new { text = $"completion {c} of {i} ".PadRight(TextLength, 'c') }),
            })));
        }
        return project;
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
            return answer.StatusCode == HttpStatusCode.NoContent ? null : await ReadAsync(answer);
        }
    }

    private static HttpClient Client(string address, string token)
    {
        var client = new HttpClient { BaseAddress = new Uri(new Uri(address), "/api/v1/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement
            : throw new HttpRequestException($"{answer.StatusCode}: {text}");
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
