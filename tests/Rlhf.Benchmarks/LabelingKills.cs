using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;

namespace Rlhf.Benchmarks;

/// <summary>
/// Fifty clients race for 200 tasks with overlap 3 while the server is killed five times (SIGKILL): exactly 600 annotations, no seat
/// twice, no acknowledged one lost. Again with a fifth of the leases abandoned, 5 % of the tasks skipped and the overlap of half of the
/// tasks raised to 4 midway: exactly 700, the last of them at most one lease time and 10 s after the last lease was abandoned.
/// </summary>
internal sealed class LabelingKills(ServedHub hub, bool abandoning)
{
    private const int Clients = 50, Tasks = 200, Overlap = 3, Kills = 5;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(12), Slack = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Guid, bool> _acknowledged = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _lastAbandoned, _lastSaved;
    private int _unreachable, _abandoned, _skipped;

    public static async Task<int> RunAsync()
    {
        bool good = true;
        foreach (bool abandoning in new[] { false, true })
        {
            using var hub = await ServedHub.StartAsync(Clients);
            good &= await new LabelingKills(hub, abandoning).RaceAsync();
        }
        Console.WriteLine(good ? "bars kept" : "bars MISSED");
        return good ? 0 : 1;
    }

    private async Task<bool> RaceAsync()
    {
        // Leases that nobody abandons outlive every restart.
        var settings = new { leaseMinutes = abandoning ? Lease.TotalMinutes : 30 };
        var project = await hub.CreateProjectAsync(new { name = "race", question = "ranking", overlap = Overlap, settings }, Tasks, 3);
        int expected = abandoning ? (Tasks / 2 * Overlap) + (Tasks / 2 * (Overlap + 1)) : Tasks * Overlap;
        var killing = KillAsync(expected);
        var raising = abandoning ? RaiseAsync(project, expected / 2) : Task.CompletedTask;
        await Task.WhenAll(hub.Annotators.Select((client, number) => Task.Run(() => LabelAsync(client, number, project))));
        await Task.WhenAll(killing, raising);
        await hub.KillAsync();
        return await CheckAsync(project, expected);
    }

    private async Task KillAsync(int expected)
    {
        // At moments that no one chose, spread over the answers.
        for (int kill = 1; kill <= Kills; kill++)
        {
            await UntilAsync(expected * kill / (Kills + 1));
            await Task.Delay(Random.Shared.Next(200));
            await hub.KillAndStartAsync();
        }
    }

    private async Task RaiseAsync(Guid project, int after)
    {
        await UntilAsync(after);
        using var listed = await SendAsync(hub.Researcher, HttpMethod.Get, $"projects/{project}/tasks?limit=1000", body: null);
        var half = (await ServedHub.ReadAsync(listed)).EnumerateArray()
            .Where(t => t.GetProperty("position").GetInt64() % 2 == 0).Select(t => t.GetProperty("id").GetGuid()).ToList();
        using var raised = await SendAsync(
            hub.Researcher, HttpMethod.Patch, $"projects/{project}/tasks", new { tasks = half, overlap = Overlap + 1 });
        raised.EnsureSuccessStatusCode();
    }

    private async Task UntilAsync(int answers)
    {
        while (_acknowledged.Count < answers)
            await Task.Delay(5);
    }

    private async Task LabelAsync(HttpClient client, int number, Guid project)
    {
        var random = new Random(number);
        while (true)
        {
            using var next = await SendAsync(client, HttpMethod.Post, $"projects/{project}/next", body: null);
            if (next.StatusCode == HttpStatusCode.NoContent)
            {
                // Seats that others hold may come free; the half whose overlap is raised comes back.
                if (next.Headers.GetValues("Rlhf-Waiting").Single() != "seatsTaken" && !(abandoning && await IsOpenAsync(project)))
                    return;
                await Task.Delay(Pause);
                continue;
            }
            var task = await ServedHub.ReadAsync(next);
            string assignment = task.GetProperty("assignmentId").GetString()!;
            if (abandoning && random.Next(5) == 0)
            {
                // Left, as by somebody who closes the page; back after a lease time.
                _lastAbandoned = _clock.Elapsed;
                Interlocked.Increment(ref _abandoned);
                await Task.Delay(Lease + Pause);
            }
            else if (abandoning && random.Next(20) == 0)
            {
                Interlocked.Increment(ref _skipped);
                (await SendAsync(client, HttpMethod.Post, $"assignments/{assignment}/skip", new { reason = "unclear" })).Dispose();
            }
            else
            {
                // Each answer is sent twice, of every third client at once.
                var first = SubmitAsync(client, assignment, task);
                if (number % 3 != 0)
                    await first;
                await SubmitAsync(client, assignment, task);
                await first;
            }
        }
    }

    private async Task<bool> IsOpenAsync(Guid project)
    {
        // Asked of the database itself, since no annotator may know.
        using var database = await RlhfDatabase.OpenAsync(hub.Database);
        await using var db = database.OpenReadContext();
        return await db.Tasks.AnyAsync(t => t.ProjectId == project && t.Open) || _acknowledged.Count < Tasks * Overlap;
    }

    private async Task SubmitAsync(HttpClient client, string assignment, JsonElement task)
    {
        var ranking = task.GetProperty("completions").EnumerateArray().Select(c => new[] { c.GetProperty("id").GetString() }).ToList();
        using var answer = await SendAsync(
            client, HttpMethod.Post, $"assignments/{assignment}/annotation", new { ranking, seconds = 1 }, assignment);
        // A lease can run out while the server is down; then the seat is somebody else's.
        if (abandoning && answer.StatusCode == HttpStatusCode.Conflict)
            return;
        if (_acknowledged.TryAdd((await ServedHub.ReadAsync(answer)).GetProperty("id").GetGuid(), true))
            _lastSaved = _clock.Elapsed;
    }

    /// <summary>Sends until a server answers.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, object? body, string? key = null)
    {
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
                if (key is not null)
                    request.Headers.Add("Idempotency-Key", key);
                return await client.SendAsync(request);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                Interlocked.Increment(ref _unreachable);
                await Task.Delay(Pause);
            }
        }
    }

    private async Task<bool> CheckAsync(Guid project, int expected)
    {
        using var database = await RlhfDatabase.OpenAsync(hub.Database);
        await using var db = database.OpenReadContext();
        var saved = await (
            from a in db.Annotations
            join t in db.Tasks on a.TaskId equals t.Id
            where t.ProjectId == project
            select new { a.Id, a.AnnotatorId, t.Position }).ToListAsync();
        var ids = saved.Select(a => a.Id).ToHashSet();
        int lost = _acknowledged.Keys.Count(id => !ids.Contains(id));
        int twice = saved.Count - saved.DistinctBy(a => (a.Position, a.AnnotatorId)).Count();
        int wrong = saved.GroupBy(a => a.Position)
            .Count(task => task.Count() != (abandoning && task.Key % 2 == 0 ? Overlap + 1 : Overlap));
        Console.WriteLine($"{saved.Count} annotations of {expected} in {_clock.Elapsed.TotalSeconds:F0} s, {Kills} kills, "
            + $"{_unreachable} calls without an answer; {lost} acknowledged ones lost, {twice} seats twice, "
            + $"{wrong} tasks with another overlap");
        bool good = saved.Count == expected && lost == 0 && twice == 0 && wrong == 0;
        if (abandoning)
        {
            double after = (_lastSaved - _lastAbandoned).TotalSeconds, limit = (Lease + Slack).TotalSeconds;
            Console.WriteLine($"{_abandoned} leases of {Lease.TotalSeconds:F0} s abandoned, {_skipped} tasks skipped; "
                + $"the last annotation {after:F1} s after the last abandoned lease (at most {limit:F0})");
            good &= after <= limit;
        }
        return good;
    }
}
