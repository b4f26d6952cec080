using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Rlhf.Storage;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// SIGKILL of hubs, workers and brokers: what is started again goes on, computes nothing twice, and the result is the same. RLHF_KILLS
/// says how many random moments are tried (tests/bars/hub-kills.sh); without it each stage is hit once.
/// </summary>
[Collection(TinyLoop.Tests)]
public sealed class HubKillTests(TinyLoop loop)
{
    private static readonly int? Kills =
        int.TryParse(Environment.GetEnvironmentVariable("RLHF_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : null;

    [Fact]
    public async Task A_hub_that_is_killed_goes_on_when_it_is_started_again_and_the_result_is_the_same()
    {
        var stop = TestContext.Current.CancellationToken;
        await CampaignAsync(
            "killed-hub",
            async home => [await StartHubAsync(home)],
            async (home, processes, _) =>
            {
                await KillAsync(processes[0], stop);
                processes[0] = await StartHubAsync(home);
            },
            stop);
    }

    [Fact]
    public async Task Over_a_broker_hub_worker_or_broker_may_be_killed()
    {
        if (Kills is null)
            Assert.Skip(
                "SKIPPED: takes minutes, because a killed worker's lease must run out; tests/bars/hub-kills.sh runs it (RLHF_KILLS)");
        var stop = TestContext.Current.CancellationToken;
        using var broker = await RabbitMqBroker.StartAsync(stop);
        string[] hubArguments = ["--bus", broker.Address, "--no-worker"];
        Process StartWorker(string home)
        {
            var worker = RlhfProgram.Start("worker", "--bus", broker.Address, "--home", home);
            worker.OutputDataReceived += (_, _) => { };
            worker.ErrorDataReceived += (_, _) => { };
            worker.BeginOutputReadLine();
            worker.BeginErrorReadLine();
            return worker;
        }

        await CampaignAsync(
            "killed-over-broker",
            async home => [await StartHubAsync(home, hubArguments), StartWorker(home)],
            async (home, processes, kill) =>
            {
                switch (kill % 3)
                {
                    case 0:
                        await KillAsync(processes[0], stop);
                        processes[0] = await StartHubAsync(home, hubArguments);
                        break;
                    case 1:
                        await KillAsync(processes[1], stop);
                        processes[1] = StartWorker(home);
                        break;
                    default:
                        await broker.RestartAsync(stop);
                        break;
                }
            },
            stop);
    }

    /// <summary>
    /// Kills until as many have struck a pipeline that was not at its end as are wanted. A pipeline that ends before is compared with
    /// the undisturbed one, and the next begins in a home folder of its own.
    /// </summary>
    private async Task CampaignAsync(
        string name, Func<string, Task<List<Process>>> start, Func<string, List<Process>, int, Task> kill, CancellationToken stop)
    {
        int wanted = Kills ?? 3;
        var clock = Stopwatch.StartNew();
        string whole = Undisturbed();
        var undisturbed = clock.Elapsed;
        for (int pipeline = 1, struck = 0; struck < wanted; pipeline++)
        {
            string home = loop.Home($"{name}-{pipeline}");
            var processes = await start(home);
            try
            {
                HandOver(home);
                while (struck < wanted)
                {
                    await MomentAsync(home, struck, pipeline, undisturbed, stop);
                    if (Ended(home))
                        break;
                    await kill(home, processes, struck++);
                    TestContext.Current.TestOutputHelper?.WriteLine($"pipeline {pipeline}: kill {struck} of {wanted}, "
                        + $"{Attempts(home).Count()} attempts begun, {Results(home).Sum()} stages ended");
                }
                Compare(home, whole);
            }
            finally
            {
                foreach (var process in processes)
                {
                    process.Kill(entireProcessTree: true);
                    process.Dispose();
                }
            }
        }
    }

    private static async Task KillAsync(Process process, CancellationToken stop)
    {
        process.Kill();
        await process.WaitForExitAsync(stop);
    }

    /// <summary>
    /// A random moment, in the mean a stage and a half after the last kill, so that the kills spread over all stages; or, in the small
    /// version, the moment at which one more attempt has begun. Another moment in every pipeline: the same one would be too late each
    /// time where the undisturbed pipeline was slow because other programs ran beside it.
    /// </summary>
    private static async Task MomentAsync(string home, int kill, int pipeline, TimeSpan undisturbed, CancellationToken stop)
    {
        if (Kills is not null)
        {
            await Task.Delay(new Random(kill + 1000 * pipeline).NextDouble() * undisturbed * 3 / 5, stop);
            return;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromMinutes(5));
        while (Attempts(home).Count() <= kill && !Ended(home))
            await Task.Delay(20, limit.Token);
    }

    private static bool Ended(string home) =>
        Directory.Exists(Path.Combine(home, "reports")) && Directory.EnumerateFiles(Path.Combine(home, "reports")).Any();

    private static IEnumerable<string> Attempts(string home) =>
        Directory.EnumerateDirectories(Path.Combine(home, "runs")).Select(run => Path.Combine(run, "attempts")).Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories);

    private static async Task<Process> StartHubAsync(string home, params string[] more)
    {
        var hub = RlhfProgram.Start(["serve", "--home", home, "--urls", "http://127.0.0.1:0", .. more]);
        hub.ErrorDataReceived += (_, _) => { };
        hub.BeginErrorReadLine();
        string? line = await hub.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("Rlhf:", line, StringComparison.Ordinal);
        return hub;
    }

    /// <summary>A second rlhf hands the pipeline to the hub; then it is not needed any longer.</summary>
    private void HandOver(string home)
    {
        using var client = RlhfProgram.Start("pipeline", "run", loop.File, "--home", home, "--json", "--set", $"model={loop.Model}");
        Assert.Contains("is handed to the hub", client.StandardError.ReadLine(), StringComparison.Ordinal);
        client.Kill();
        client.WaitForExit();
    }

    /// <summary>What the pipeline prints that nobody disturbs.</summary>
    private string Undisturbed()
    {
        var whole = RlhfProgram.Run("pipeline", "run", loop.File, "--home", loop.Home("undisturbed"), "--json", "--set",
            $"model={loop.Model}");
        Assert.True(whole.ExitCode == 0, whole.Error);
        return whole.Text;
    }

    private void Compare(string home, string whole)
    {
        var followed = RlhfProgram.Run("pipeline", "follow", "--home", home, "--json");
        Assert.True(followed.ExitCode == 0, followed.Error);
        foreach (string model in (string[])["policy", "reward_model"])
            Assert.Equal(Weights(whole, model), Weights(followed.Text, model));
        Assert.Equal(Metrics(loop.Home("undisturbed"), whole), Metrics(home, followed.Text));

        // Each stage came to its end once: of all its attempts, one has a result.
        Assert.Equal([1, 1, 1, 1, 1], Results(home));
    }

    private static List<int> Results(string home) =>
        [.. Directory.EnumerateDirectories(Path.Combine(home, "runs"))
            .Select(run => Directory.EnumerateFiles(run, "result.json", SearchOption.AllDirectories).Count())];

    private static byte[] Weights(string output, string name) =>
        File.ReadAllBytes(Path.Combine(Summary(output).GetProperty(name).GetString()!, "model.safetensors"));

    private static JsonElement Summary(string output) => JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]).RootElement;

    /// <summary>Every metric of PPO that measures no time.</summary>
    private static List<string> Metrics(string home, string output)
    {
        string attempt = Path.GetDirectoryName(Summary(output).GetProperty("policy").GetString()!)!;
        Assert.StartsWith(new Home(home).Root, attempt, StringComparison.Ordinal);
        using var metrics = new RunMetricsReader(Path.Combine(attempt, "run.db"));
        return [.. metrics.Names().Where(name => name != "tokens/s" && !name.StartsWith("seconds/", StringComparison.Ordinal))
            .SelectMany(name => metrics.Points(name).Select(p => $"{name} {p.Step} {p.Value:R}"))];
    }
}
