using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rlhf.Core.Options;
using Rlhf.Simulation.Annotators;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// Annotators that are scripts on the REST API, each with an account and a token of its own. They rank by a gold reward with noise.
/// While no hub answers they go on trying, as the labeling page does.
/// </summary>
internal sealed class AnnotatorScripts : IDisposable
{
    private const int Ahead = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<Script> _scripts = [];
    private Hold? _hold;
    private int _saved;

    /// <param name="home">Where their accounts are made, beside the running hub.</param>
    /// <param name="hub">Where the hub listens, also after it was started again.</param>
    /// <param name="options">How they rank.</param>
    public AnnotatorScripts(string home, string hub, SimulatedAnnotatorOptions options)
    {
        for (int i = 0; i < options.Count; i++)
        {
            var answer = RlhfProgram.Run("users", "add", $"script {i}", "--role", "annotator", "--token", "--home", home);
            Assert.True(answer.ExitCode == 0, answer.Error);
            var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"{hub}/api/v1/") };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.Text.TrimEnd('\n'));
            _scripts.Add(new Script(client, new SimulatedAnnotator(options, seed: 1, i)));
        }
    }

    /// <summary>How many answers the hub has acknowledged.</summary>
    public int Saved => Volatile.Read(ref _saved);

    /// <summary>How often a call found no hub.</summary>
    public int Unreachable => _scripts.Sum(script => script.Unreachable);

    public void Dispose() => _scripts.ForEach(script => script.Client.Dispose());

    /// <summary>All of them rank until there is nothing left for anybody.</summary>
    public Task LabelAsync(Guid project, CancellationToken stop) =>
        Task.WhenAll(_scripts.Select(script => Task.Run(() => LabelAsync(script, project, stop), stop)));

    /// <summary>
    /// When the hub has acknowledged so many answers more they stop, in the middle of their work, until <see cref="GoOn"/>. The task ends
    /// then.
    /// </summary>
    public Task HoldAfterAsync(int answers, CancellationToken stop)
    {
        _hold = new Hold(Saved + answers);
        return _hold.Reached.Task.WaitAsync(stop);
    }

    public void GoOn() => _hold!.Over.SetResult();

    private async Task LabelAsync(Script script, Guid project, CancellationToken stop)
    {
        while (true)
        {
            using var next = await SendAsync(script, $"projects/{project}/next", new { count = Ahead }, key: null, stop);
            if (next.StatusCode == HttpStatusCode.NoContent)
            {
                // Seats that others hold may come free.
                if (next.Headers.GetValues("Rlhf-Waiting").Single() != "seatsTaken")
                    return;
                await Task.Delay(Pause, stop);
                continue;
            }
            foreach (var task in (await next.Content.ReadFromJsonAsync<JsonElement>(stop)).EnumerateArray())
            {
                if (_hold is not null && Saved >= _hold.After)
                    await _hold.Over.Task.WaitAsync(stop);
                string assignment = task.GetProperty("assignmentId").GetString()!;
                using var saved = await SendAsync(
                    script, $"assignments/{assignment}/annotation", new { ranking = Rank(script, task), seconds = 5 }, assignment, stop);
                if (Interlocked.Increment(ref _saved) == _hold?.After)
                    _hold.Reached.SetResult();
            }
        }
    }

    private static string[][] Rank(Script script, JsonElement task)
    {
        string prompt = task.GetProperty("prompt").GetString()!;
        var completions = task.GetProperty("completions").EnumerateArray()
            .Select(c => (Id: c.GetProperty("id").GetString()!, Text: c.GetProperty("text").GetString()!)).ToList();
        uint draw = BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(prompt)));
        var ranks = script.Annotator.Judge(prompt, [.. completions.Select(c => c.Text)], draw).Ranks;
        return [.. completions.Zip(ranks).GroupBy(c => c.Second).OrderBy(group => group.Key)
            .Select(group => group.Select(c => c.First.Id).ToArray())];
    }

    /// <summary>Sends until a hub answers. The same key makes sure that an answer whose acknowledgement was lost is saved once.</summary>
    private static async Task<HttpResponseMessage> SendAsync(
        Script script, string path, object body, string? key, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
                if (key is not null)
                    request.Headers.Add("Idempotency-Key", key);
                var answer = await script.Client.SendAsync(request, limit.Token);
                return answer.IsSuccessStatusCode ? answer : throw new InvalidOperationException(
                    $"{path}: {answer.StatusCode}: {await answer.Content.ReadAsStringAsync(limit.Token)}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                script.Unreachable++;
                await Task.Delay(Pause, limit.Token);
            }
        }
    }

    private sealed record Script(HttpClient Client, SimulatedAnnotator Annotator)
    {
        public int Unreachable { get; set; }
    }

    private sealed record Hold(int After)
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
