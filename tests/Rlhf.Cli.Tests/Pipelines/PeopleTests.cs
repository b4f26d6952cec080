using System.Diagnostics;
using System.Text.Json;
using Rlhf.Simulation.Reviews;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// pipelines/people.yaml, small: two rounds on a model and prompts of one's own, with scripts instead of people. They answer while the
/// hub is dead, killed with SIGKILL as it waits.
/// </summary>
[Collection(TinyLoop.Tests)]
public sealed class PeopleTests(TinyLoop loop)
{
    private static readonly string[] Small =
    [
        "threads=1", "candidates.trainPrompts=6", "candidates.heldOutPrompts=3", "candidates.perPrompt=3",
        "candidates.sampling.maxNewTokens=8", "label.overlap=2", "reward.batchSize=4", "reward.normalizationSamples=8", "ppo.updates=1",
        "ppo.batchSize=4", "ppo.minibatches=2", "ppo.epochs=1", "ppo.maxNewTokens=8", "evaluate.heldOutPrompts=6",
        "evaluate.sampling.maxNewTokens=8", "evaluate.resamples=100", "evaluate.goldReward=reviews",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_rounds_of_rankings_with_the_hub_killed_while_it_waits()
    {
        string home = loop.Home("people"), prompts = loop.Home("prompts.txt");
        await File.WriteAllLinesAsync(prompts, Prompts(), Cancellation);
        var hub = await StartHubAsync(home);
        try
        {
            HandOver(home, prompts);
            for (int round = 1; round <= 2; round++)
            {
                var waiting = await WaitingAsync(home, round);
                string text = RlhfProgram.Run("pipeline", "status", "--home", home).Text;
                Assert.Matches(@"label: waiting for people, 0 of 18 answers; rank at http://127\.0\.0\.1:\d+/label/[0-9a-f-]{36} ", text);
                await KillAsync(hub);
                Assert.Contains($"/label/{waiting}", RlhfProgram.Run("pipeline", "status", "--home", home).Text, StringComparison.Ordinal);
                await AnswerAsync(home, waiting);
                hub = await StartHubAsync(home);
            }
            var end = RlhfProgram.Run("pipeline", "follow", "--home", home, "--json");
            Assert.True(end.ExitCode == 0, end.Error);
            var summary = Last(end.Text);
            // The second dataset version has the rankings of both rounds.
            Assert.Equal(36, summary.GetProperty("collected").GetProperty("rankings").GetInt32());
            Assert.Equal(loop.Model, summary.GetProperty("start_policy").GetString());
            Assert.Equal(6, summary.GetProperty("evaluated_completions").GetInt32());
            Assert.Equal(["candidates", "label", "reward", "ppo", "candidates", "label", "reward", "ppo", "evaluate"],
                Last(RlhfProgram.Run("pipeline", "status", "--home", home, "--json").Text).GetProperty("kinds").EnumerateArray()
                    .Select(kind => kind.GetString()));
        }
        finally
        {
            hub.Kill(entireProcessTree: true);
            hub.Dispose();
        }
        await CheckSecondRoundAsync(home);
    }

    [Fact]
    public async Task A_command_that_is_the_hub_itself_says_where_to_rank_and_leaves_the_pipeline_waiting()
    {
        string home = loop.Home("people alone"), prompts = loop.Home("prompts alone.txt");
        await File.WriteAllLinesAsync(prompts, Prompts(), Cancellation);
        using var command = RlhfProgram.Start(Arguments(home, prompts));
        var lines = new List<string>();
        while (lines.LastOrDefault()?.Contains("waits for people", StringComparison.Ordinal) != true)
        {
            lines.Add(await command.StandardError.ReadLineAsync(Cancellation)
                ?? throw new InvalidOperationException(string.Join('\n', lines)));
        }
        Assert.Matches(@"^label: waits for people: 0 of 18 answers; rank at http://127\.0\.0\.1:\d+/label/", lines[^1]);

        Assert.Matches(@"^first administrator: http://127\.0\.0\.1:.*returnUrl=%2Flabel%2F",
            await command.StandardError.ReadLineAsync(Cancellation));

        // Ctrl+C
        using var interrupt = Process.Start("kill", ["-INT", command.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.Contains("goes on with the next hub of this home folder", await command.StandardError.ReadToEndAsync(Cancellation),
            StringComparison.Ordinal);
        await command.WaitForExitAsync(Cancellation);
        var status = Last(RlhfProgram.Run("pipeline", "status", "--home", home, "--json").Text);
        Assert.Equal("waiting", status.GetProperty("state").GetString());
        // A command for something else does not wait for it.
        Assert.Equal(0, RlhfProgram.Run("pipeline", "cancel", "--home", home).ExitCode);
        Assert.Equal("cancelled",
            Last(RlhfProgram.Run("pipeline", "status", "--home", home, "--json").Text).GetProperty("state").GetString());
    }

    private static IEnumerable<string> Prompts() => Enumerable.Range(0, 60).Select(i => ReviewGrammar.Prompt(7, i).Text.Trim());

    private string[] Arguments(string home, string prompts) =>
    [
        "pipeline", "run", Path.Combine(SharedData.RepositoryRoot, "pipelines", "people.yaml"), "--home", home, "--json",
        "--set", $"model={loop.Model}", "--set", $"prompts={prompts}", .. Small.SelectMany(set => new[] { "--set", set }),
    ];

    private void HandOver(string home, string prompts)
    {
        using var client = RlhfProgram.Start(Arguments(home, prompts));
        Assert.Contains("is handed to the hub", client.StandardError.ReadLine(), StringComparison.Ordinal);
        client.Kill();
        client.WaitForExit();
    }

    /// <summary>The project that the pipeline run waits for in a round.</summary>
    private static async Task<string> WaitingAsync(string home, int round)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(5));
        while (true)
        {
            var status = Last(RlhfProgram.Run("pipeline", "status", "--home", home, "--json").Text);
            var runs = status.GetProperty("runs").EnumerateArray().ToList();
            Assert.DoesNotContain(status.GetProperty("state").GetString(), (string[])["failed", "cancelled", "succeeded"]);
            if (status.GetProperty("state").GetString() == "waiting" && runs.Count == 2 + (round - 1) * 4)
                return runs[^1].GetProperty("labeling").GetProperty("projectId").GetString()!;
            await Task.Delay(200, limit.Token);
        }
    }

    /// <summary>Two annotators rank all tasks by the length of the completions.</summary>
    private static async Task AnswerAsync(string home, string project)
    {
        using var database = await RlhfDatabase.OpenAsync(new Home(home).Database, Cancellation);
        var labeling = new LabelingService(database);
        for (int person = 0; person < 2; person++)
        {
            var annotator = await labeling.CreateAnnotatorAsync(simulated: false, "a person", cancellation: Cancellation);
            while (await labeling.LeaseNextAsync(annotator, Guid.Parse(project), cancellation: Cancellation) is { } task)
            {
                var (_, completions) = LabelingService.Texts(task);
                int[] ranks = [.. completions.Select(text => 1 + completions.Count(other => other.Length > text.Length))];
                await labeling.SubmitAsync(
                    annotator, task.AssignmentId, Answers.OfRanking(Storage.Entities.Answer.FromRanks(ranks)), cancellation: Cancellation);
            }
        }
    }

    /// <summary>The second round has other prompts and completions of two policies.</summary>
    private static async Task CheckSecondRoundAsync(string home)
    {
        using var database = await RlhfDatabase.OpenAsync(new Home(home).Database, Cancellation);
        await using var db = database.OpenReadContext();
        var projects = db.Projects.OrderBy(p => p.Created).Select(p => new { p.Id, p.Name }).ToList();
        Assert.Equal(["people", "people, round 2"], projects.Select(p => p.Name));
        var policies = projects.Select(project => db.Completions
            .Where(c => db.Tasks.Any(t => t.Id == c.TaskId && t.ProjectId == project.Id))
            .GroupBy(c => c.CheckpointId).Select(g => g.Count()).ToList().Order()).ToList();
        Assert.Equal([27], policies[0]);
        Assert.Equal([9, 18], policies[1]);
    }

    private static JsonElement Last(string output) => JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]).RootElement;

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync(Cancellation);
        process.Dispose();
    }

    private static async Task<Process> StartHubAsync(string home)
    {
        var hub = RlhfProgram.Start("serve", "--home", home, "--urls", "http://127.0.0.1:0");
        hub.ErrorDataReceived += (_, _) => { };
        hub.BeginErrorReadLine();
        string? line = await hub.StandardOutput.ReadLineAsync(Cancellation);
        Assert.StartsWith("Rlhf:", line, StringComparison.Ordinal);
        return hub;
    }
}
