using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>Scripted annotators of a project of their own: each submits a ranking and takes the next task, again and again.</summary>
internal sealed class Crowd
{
    private const int Overlap = 3;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Task<int[]> _all;

    private Crowd(IEnumerable<Task<int>> annotators) => _all = Task.WhenAll(annotators);

    /// <param name="served">The server.</param>
    /// <param name="people">How many.</param>
    /// <param name="tasks">Tasks of their project; whoever finds none left ends.</param>
    /// <param name="over">Ends all of them, each after the cycle that it is in.</param>
    public static async Task<Crowd> StartAsync(ServedHome served, int people, int tasks, CancellationToken over)
    {
        var project = await LabelingSession.AddAsync(served, new SampleProject { Tasks = tasks, Overlap = Overlap }, "The others");
        var clients = new List<HttpClient>();
        for (int i = 0; i < people; i++)
            clients.Add((await served.AddUserAsync(AccountRole.Annotator)).Client);
        return new Crowd([.. clients.Select(client => Task.Run(() => LabelAsync(client, project, over), CancellationToken.None))]);
    }

    /// <summary>Waits for all. Returns cycles a second; any refusal is an error.</summary>
    public async Task<double> EndAsync()
    {
        int cycles = (await _all).Sum();
        double rate = cycles / _clock.Elapsed.TotalSeconds;
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{_all.Result.Length} others: {cycles} save-and-next cycles, {rate:0} a second"));
        return rate;
    }

    private static async Task<int> LabelAsync(HttpClient client, Guid project, CancellationToken over)
    {
        int cycles = 0;
        while (!over.IsCancellationRequested)
        {
            using var next = await client.PostAsync($"/api/v1/projects/{project}/next", null, CancellationToken.None);
            if (next.StatusCode == HttpStatusCode.NoContent)
                break;
            next.EnsureSuccessStatusCode();
            var task = await next.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
            using var answer = await client.PostAsJsonAsync(
                $"/api/v1/assignments/{task.GetProperty("assignmentId").GetGuid()}/annotation",
                new { ranking = task.GetProperty("completions").EnumerateArray().Select(c => new[] { c.GetProperty("id").GetString() }) },
                CancellationToken.None);
            answer.EnsureSuccessStatusCode();
            cycles++;
        }
        return cycles;
    }
}
