using System.Diagnostics;
using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// pipelines/people.yaml on a hub that is a process of its own, in memory or over a broker with a worker beside it, to be killed and
/// started again.
/// </summary>
internal sealed class PeoplePipeline : IAsyncDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly string _home;
    private readonly string[] _hubArguments;
    private readonly Dictionary<string, string> _environment;
    private readonly Process? _worker;
    private Process _hub;

    private PeoplePipeline(string home, string url, string[] hubArguments, Dictionary<string, string> environment, Process? worker)
    {
        (_home, Url, _hubArguments, _environment, _worker) = (home, url, hubArguments, environment, worker);
        _hub = null!;
    }

    /// <summary>Where the hub listens, always the same.</summary>
    public string Url { get; }

    /// <param name="home">The home folder.</param>
    /// <param name="broker">Null for a hub that computes itself.</param>
    /// <param name="threads">Of the processes that compute.</param>
    /// <param name="stop">Ends the wait for the hub.</param>
    public static async Task<PeoplePipeline> StartAsync(string home, RabbitMqBroker? broker, int threads, CancellationToken stop)
    {
        string url = $"http://127.0.0.1:{FreePort.Find()}";
        var environment = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = $"{threads}" };
        string[] bus = broker is null ? [] : ["--bus", broker.Address];
        string[] arguments = ["serve", "--home", home, "--urls", url, .. bus, .. broker is null ? Array.Empty<string>() : ["--no-worker"]];
        var worker = broker is null ? null : RlhfProgram.Start(["worker", "--home", home, .. bus], environment);
        worker?.BeginErrorReadLine();
        worker?.BeginOutputReadLine();
        var pipeline = new PeoplePipeline(home, url, arguments, environment, worker);
        await pipeline.StartHubAsync(stop);
        return pipeline;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillHubAsync(CancellationToken stop)
    {
        _hub.Kill();
        await _hub.WaitForExitAsync(stop);
        _hub.Dispose();
    }

    public async Task StartHubAsync(CancellationToken stop)
    {
        _hub = RlhfProgram.Start(_hubArguments, _environment);
        _hub.BeginErrorReadLine();
        string? line = await _hub.StandardOutput.ReadLineAsync(stop);
        Assert.StartsWith("Rlhf:", line, StringComparison.Ordinal);
    }

    /// <summary>Hands the pipeline to the hub.</summary>
    public void Begin(IEnumerable<string> settings)
    {
        using var client = RlhfProgram.Start(Arguments(_home, settings));
        Assert.Contains("is handed to the hub", client.StandardError.ReadLine(), StringComparison.Ordinal);
        client.Kill();
        client.WaitForExit();
    }

    /// <summary>The arguments that run it.</summary>
    public static string[] Arguments(string home, IEnumerable<string> settings) =>
    [
        "pipeline", "run", Path.Combine(SharedData.RepositoryRoot, "pipelines", "people.yaml"), "--home", home, "--json",
        .. settings.SelectMany(set => new[] { "--set", set }),
    ];

    /// <summary>The labeling project that the pipeline run waits for in a round.</summary>
    public async Task<Guid> WaitingAsync(int round, TimeSpan patience, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(patience);
        while (true)
        {
            var status = Status();
            var runs = status.GetProperty("runs").EnumerateArray().ToList();
            Assert.DoesNotContain(status.GetProperty("state").GetString(), (string[])["failed", "cancelled", "succeeded"]);
            if (status.GetProperty("state").GetString() == "waiting" && runs.Count == 2 + (round - 1) * 4)
                return runs[^1].GetProperty("labeling").GetProperty("projectId").GetGuid();
            await Task.Delay(LookAgain, limit.Token);
        }
    }

    public JsonElement Status() => Last(RlhfProgram.Run("pipeline", "status", "--home", _home, "--json").Text);

    /// <summary>The summary at the end.</summary>
    public JsonElement Follow()
    {
        var end = RlhfProgram.Run("pipeline", "follow", "--home", _home, "--json");
        Assert.True(end.ExitCode == 0, end.Error);
        return Last(end.Text);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _hub, _worker }.OfType<Process>())
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    public static JsonElement Last(string output) => JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]).RootElement;
}
