using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Rlhf.Core.Options;
using Rlhf.Simulation.Reviews;
using Rlhf.Simulation.Stories;
using Rlhf.Storage;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// pipelines/people.yaml, small: two rounds on a model and prompts of one's own, with scripts instead of people. The hub is killed with
/// SIGKILL while they rank and while it waits. tests/bars/people.sh is the large one.
/// </summary>
[Collection(TinyLoop.Tests)]
public sealed class PeopleTests(TinyLoop loop)
{
    private const int Tasks = 9, Overlap = 2, Answers = Tasks * Overlap;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly string[] Small =
    [
        "threads=1", "candidates.trainPrompts=6", "candidates.heldOutPrompts=3", "candidates.perPrompt=3",
        "candidates.sampling.maxNewTokens=8", $"label.overlap={Overlap}", "reward.batchSize=4", "reward.normalizationSamples=8",
        "ppo.updates=1", "ppo.batchSize=4", "ppo.minibatches=2", "ppo.epochs=1", "ppo.maxNewTokens=8", "evaluate.heldOutPrompts=6",
        "evaluate.sampling.maxNewTokens=8", "evaluate.resamples=100",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_rounds_in_memory_with_the_hub_killed_while_people_rank_and_while_it_waits()
    {
        string home = loop.Home("people");
        await using (var pipeline = await PeoplePipeline.StartAsync(home, broker: null, threads: 1, Cancellation))
        {
            pipeline.Begin(Settings(loop.Model, await ReviewPromptsAsync(), "reviews"));
            using var scripts = Scripts(pipeline, home, "reviews");
            await RankWithKillAsync(pipeline, scripts, await pipeline.WaitingAsync(1, Patience, Cancellation));

            var second = await pipeline.WaitingAsync(2, Patience, Cancellation);
            string text = RlhfProgram.Run("pipeline", "status", "--home", home).Text;
            Assert.Contains($"label: waiting for people, 0 of 18 answers; rank at {pipeline.Url}/label/{second} ", text,
                StringComparison.Ordinal);
            EndsWithItsReader(home, pipeline.Url);
            await pipeline.KillHubAsync(Cancellation);
            // Now the command is the hub.
            EndsWithItsReader(home, "http://127.0.0.1:");
            Assert.Contains($"/label/{second}", RlhfProgram.Run("pipeline", "status", "--home", home).Text, StringComparison.Ordinal);
            await AnswerWithoutHubAsync(home, second);
            await pipeline.StartHubAsync(Cancellation);
            CheckEnd(pipeline, loop.Model);
        }
        await CheckRowsAsync(home);
    }

    [Fact]
    public async Task Two_rounds_over_a_broker_with_the_hub_killed_while_people_rank()
    {
        using var broker = await RabbitMqBroker.StartAsync(Cancellation);
        string home = loop.Home("people over a broker"), prompts = loop.Home("stories.jsonl");
        await File.WriteAllLinesAsync(prompts,
            Enumerable.Range(0, 60).Select(i => JsonSerializer.Serialize(new { prompt = StoryOpenings.Opening(7, i) })), Cancellation);
        await using (var pipeline = await PeoplePipeline.StartAsync(home, broker, threads: 1, Cancellation))
        {
            pipeline.Begin(Settings(StoriesModel.Folder, prompts, "stories"));
            using var scripts = Scripts(pipeline, home, "stories");
            await RankWithKillAsync(pipeline, scripts, await pipeline.WaitingAsync(1, Patience, Cancellation));
            await scripts.LabelAsync(await pipeline.WaitingAsync(2, Patience, Cancellation), Cancellation);
            CheckEnd(pipeline, StoriesModel.Folder);
        }
        await CheckRowsAsync(home);
    }

    [Fact]
    public async Task A_command_that_is_the_hub_itself_says_where_to_rank_and_leaves_the_pipeline_waiting()
    {
        string home = loop.Home("people alone");
        using var command = RlhfProgram.Start(
            PeoplePipeline.Arguments(home, Settings(loop.Model, await ReviewPromptsAsync(), "reviews")));
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
        using var interrupt = Process.Start("kill", ["-INT", command.Id.ToString(CultureInfo.InvariantCulture)]);
        Assert.Contains("goes on with the next hub of this home folder", await command.StandardError.ReadToEndAsync(Cancellation),
            StringComparison.Ordinal);
        await command.WaitForExitAsync(Cancellation);
        var status = PeoplePipeline.Last(RlhfProgram.Run("pipeline", "status", "--home", home, "--json").Text);
        Assert.Equal("waiting", status.GetProperty("state").GetString());
        // A command for something else does not wait for it.
        Assert.Equal(0, RlhfProgram.Run("pipeline", "cancel", "--home", home).ExitCode);
        Assert.Equal("cancelled", PeoplePipeline.Last(RlhfProgram.Run("pipeline", "status", "--home", home, "--json").Text)
            .GetProperty("state").GetString());
    }

    private static string[] Settings(string model, string prompts, string goldReward) =>
        [$"model={model}", $"prompts={prompts}", $"evaluate.goldReward={goldReward}", .. Small];

    private async Task<string> ReviewPromptsAsync()
    {
        string file = loop.Home("prompts.txt");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, 60).Select(i => ReviewGrammar.Prompt(7, i).Text.Trim()), Cancellation);
        return file;
    }

    private static AnnotatorScripts Scripts(PeoplePipeline pipeline, string home, string goldReward) =>
        new(home, pipeline.Url, new SimulatedAnnotatorOptions { GoldReward = goldReward, Count = Overlap, ErrorRate = 0.15 });

    /// <summary>All tasks of a round; the hub is killed after a third of the answers, and is started again.</summary>
    private static async Task RankWithKillAsync(PeoplePipeline pipeline, AnnotatorScripts scripts, Guid project)
    {
        var held = scripts.HoldAfterAsync(Answers / 3, Cancellation);
        var labeling = scripts.LabelAsync(project, Cancellation);
        await held;
        await pipeline.KillHubAsync(Cancellation);
        scripts.GoOn();
        await pipeline.StartHubAsync(Cancellation);
        await labeling;
        Assert.Equal(Answers, scripts.Saved);
        Assert.NotEqual(0, scripts.Unreachable);
    }

    /// <summary>Following a run that waits ends when its output is closed, although nothing more happens.</summary>
    private static void EndsWithItsReader(string home, string hub)
    {
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", "\"$0\" pipeline follow --home \"$1\" | head -n 1", RlhfProgram.Executable, home])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Cancellation);
        Assert.StartsWith($"label: waits for people: 0 of 18 answers; rank at {hub}", process.StandardOutput.ReadToEnd(),
            StringComparison.Ordinal);
        bool ended = process.WaitForExit(TimeSpan.FromMinutes(1));
        if (!ended)
            process.Kill(entireProcessTree: true);
        Assert.True(ended, "it goes on following");
        Assert.Contains("nobody reads standard output any longer", error.GetAwaiter().GetResult(), StringComparison.Ordinal);
    }

    /// <summary>Two annotators rank all tasks by the length of the completions, as if on another day.</summary>
    private static async Task AnswerWithoutHubAsync(string home, Guid project)
    {
        using var database = await RlhfDatabase.OpenAsync(new Home(home).Database, Cancellation);
        var labeling = new LabelingService(database);
        for (int person = 0; person < Overlap; person++)
        {
            var annotator = await labeling.CreateAnnotatorAsync(simulated: false, "a person", cancellation: Cancellation);
            while (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task)
            {
                var (_, completions) = LabelingService.Texts(task);
                int[] ranks = [.. completions.Select(text => 1 + completions.Count(other => other.Length > text.Length))];
                await labeling.SubmitAsync(annotator, task.AssignmentId,
                    Storage.Entities.Answers.OfRanking(Storage.Entities.Answer.FromRanks(ranks)), cancellation: Cancellation);
            }
        }
    }

    private static void CheckEnd(PeoplePipeline pipeline, string model)
    {
        var summary = pipeline.Follow();
        // The second dataset version has the rankings of both rounds.
        Assert.Equal(2 * Answers, summary.GetProperty("collected").GetProperty("rankings").GetInt32());
        Assert.Equal(model, summary.GetProperty("start_policy").GetString());
        Assert.Equal(6, summary.GetProperty("evaluated_completions").GetInt32());
        Assert.Equal(["candidates", "label", "reward", "ppo", "candidates", "label", "reward", "ppo", "evaluate"],
            pipeline.Status().GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()));
    }

    /// <summary>Each task has its answers once. The second round has other prompts and completions of two policies.</summary>
    private static async Task CheckRowsAsync(string home)
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
        Assert.Equal(Enumerable.Repeat(Overlap, 2 * Tasks), db.Annotations.GroupBy(a => a.TaskId).Select(g => g.Count()).ToList());
    }
}
