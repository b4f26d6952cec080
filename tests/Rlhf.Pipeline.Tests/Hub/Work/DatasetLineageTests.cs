using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Simulation.Reviews;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Work;

/// <summary>That runs name the dataset version that they collected or train on, without anybody having to say so.</summary>
public sealed class DatasetLineageTests : IDisposable
{
    private const string Succeed = """
        mkdir -p "$out/model"
        echo '{}' > "$out/model/config.json"
        echo '{}' > "$out/result.pending.json"
        """;

    private readonly TemporaryFolder _place = new();

    public DatasetLineageTests()
    {
        Directory.CreateDirectory(_place["policy"]);
        File.WriteAllText(_place["policy/config.json"], "{}");
        File.WriteAllLines(_place["pairs.jsonl"],
            ["""{"prompt":"p","chosen":"a","rejected":"b"}""", """{"prompt":"q","chosen":"c","rejected":"d"}"""]);
    }

    public void Dispose() => _place.Dispose();

    private Home Home => Home.Open(_place["home"]);

    [Fact]
    public async Task A_reward_run_trains_on_the_version_that_was_collected()
    {
        var outcome = await RunAsync(Collect(), Reward());
        var (collected, trained) = (outcome.Runs[0], outcome.Runs[1]);
        var version = await VersionOfAsync(collected.Id);
        Assert.NotNull(version);
        Assert.Equal(version, await VersionOfAsync(trained.Id));
        var folder = new RunFolder(Home.RunFolder(trained.Id));
        Assert.Equal(version, folder.Read().DatasetVersion);
        Assert.Equal(2, RunJson.ReadLines<RankingLine>(folder.RankingsFile).Count());
        Assert.Equal(InputHash.Compute(folder.RankingsFile),
            new RunFolder(Home.RunFolder(collected.Id)).Attempt(1).ReadResult<CollectResult>().RankingsSha256);

        using var database = await RlhfDatabase.OpenAsync(Home.Database, TestContext.Current.CancellationToken);
        await using var context = database.OpenReadContext();
        var made = await context.Checkpoints.Include(c => c.Parents)
            .SingleAsync(c => c.RunId == trained.Id, TestContext.Current.CancellationToken);
        Assert.Equal(version, made.DatasetVersionId);
        Assert.Equal("policy", Assert.Single(made.Parents).Role);
    }

    [Fact]
    public async Task A_copy_of_the_rankings_is_known_by_its_content_and_another_file_is_not()
    {
        var collected = (await RunAsync(Collect())).Runs[0];
        string rankings = new RunFolder(Home.RunFolder(collected.Id)).Attempt(1).RankingsFile;
        File.Copy(rankings, _place["copy.jsonl"]);
        Assert.Equal(await VersionOfAsync(collected.Id), await VersionOfAsync((await RunAsync(Reward(_place["copy.jsonl"]))).Runs[0].Id));
        File.AppendAllText(_place["copy.jsonl"], "\n");
        Assert.Null(await VersionOfAsync((await RunAsync(Reward(_place["copy.jsonl"]))).Runs[0].Id));
    }

    [Fact]
    public async Task Candidates_name_the_checkpoint_and_the_run_that_sampled_them()
    {
        RunJson.WriteLines(_place["candidates.jsonl"], [new CandidateLine(ReviewGrammar.Prompt(1, 0).Text, HeldOut: false,
            [new CandidateCompletion(" liked it.", [1], [-1], "stop"), new CandidateCompletion(" hated it.", [2], [-1], "stop")])]);
        string sample = $"cp '{_place["candidates.jsonl"]}' \"$out/candidates.jsonl\"\necho '{{}}' > \"$out/result.pending.json\"\n";
        var candidates = new CandidatesOptions { Model = _place["policy"], TrainPrompts = 1, HeldOutPrompts = 1 };
        var outcome = await RunAsync(
            sample,
            new PipelineStage(RunKinds.Candidates, candidates),
            new PipelineStage(RunKinds.Collect, new CollectOptions { Annotators = new SimulatedAnnotatorOptions { Count = 2 } }));
        using var database = await RlhfDatabase.OpenAsync(Home.Database, TestContext.Current.CancellationToken);
        await using var context = database.OpenReadContext();
        var task = await context.Tasks.Include(t => t.Completions).ThenInclude(c => c.Golds)
            .SingleAsync(TestContext.Current.CancellationToken);
        var policy = await context.Checkpoints.SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(outcome.Runs[0].Id, task.RunId);
        Assert.All(task.Completions, c => Assert.Equal(policy.Id, c.CheckpointId));
        Assert.All(task.Completions, c => Assert.Contains("temperature", c.SamplingSettings));
        Assert.All(task.Completions, c => Assert.Equal("reviews", Assert.Single(c.Golds).GoldReward));
        Assert.Equal(InputHash.Compute(_place["policy"]), policy.Sha256);
    }

    private async Task<Guid?> VersionOfAsync(Guid run)
    {
        using var database = await RlhfDatabase.OpenAsync(Home.Database, TestContext.Current.CancellationToken);
        await using var context = database.OpenReadContext();
        return (await context.Runs.SingleAsync(r => r.Id == run, TestContext.Current.CancellationToken)).DatasetVersionId;
    }

    private PipelineStage Collect() => new(RunKinds.Collect, new CollectOptions { Data = _place["pairs.jsonl"] });

    private PipelineStage Reward(string rankings = "") =>
        new(RunKinds.Reward, new RewardOptions { Model = _place["policy"], Rankings = rankings });

    private Task<PipelineStatus> RunAsync(params PipelineStage[] stages) => RunAsync(Succeed, stages);

    private async Task<PipelineStatus> RunAsync(string script, params PipelineStage[] stages)
    {
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, script));
        var outcome = await hub.EndOfAsync(await hub.StartPipelineAsync(stages));
        Assert.True(outcome.State == RunState.Succeeded, outcome.Reason);
        return outcome;
    }
}
