using System.Collections.Concurrent;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Contracts;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub;

/// <summary>The hub with its bus, its database and real child processes (shell scripts instead of rlhf execute).</summary>
public sealed class HubTests : IDisposable
{
    private const string Succeed = """
        echo '{"type":"metrics","step":1,"values":{"loss":0.5}}'
        echo '{"steps":1}' > "$out/result.json"
        """;

    private readonly TemporaryFolder _place = new();
    private readonly ConcurrentQueue<RunProgressed> _progress = [];

    public void Dispose() => _place.Dispose();

    private Home Home => Storage.Home.Open(_place["home"]);

    [Fact]
    public async Task Stages_run_in_the_order_of_the_file()
    {
        var outcome = await RunAsync(Succeed, Text(), Text());
        Assert.True(outcome.Succeeded, outcome.Reason);
        Assert.Equal([RunState.Succeeded, RunState.Succeeded], outcome.Runs.Select(r => r.State));
        Assert.All(outcome.Runs, run => Assert.Equal(1, run.Attempt));
        Assert.True(outcome.Runs[0].Ended <= outcome.Runs[1].Started);
    }

    [Fact]
    public async Task A_run_that_is_killed_once_is_taken_up_again()
    {
        var outcome = await RunAsync($$"""
            if [ ! -e "{{_place["killed"]}}" ]; then
                touch "{{_place["killed"]}}"
                echo 'the first attempt' | tee "$out/candidates.jsonl"
                kill -9 $$
            fi
            {{Succeed}}
            """, Text());
        Assert.True(outcome.Succeeded, outcome.Reason);
        Assert.Equal(2, outcome.Runs[0].Attempt);

        // The second attempt wrote nothing into the folder of the first, whose log stays.
        var run = new RunFolder(Home.RunFolder(outcome.Runs[0].Id));
        Assert.Contains("the first attempt", await File.ReadAllTextAsync(run.Attempt(1).LogFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.False(File.Exists(run.Attempt(1).ResultFile));
        Assert.True(File.Exists(run.Attempt(2).ResultFile));
        Assert.False(File.Exists(run.Attempt(2).CandidatesFile));
        Assert.Equal(["attempts", "run.json", "text.jsonl"], Directory.EnumerateFileSystemEntries(run.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_run_that_is_killed_again_and_again_fails_with_the_reason_and_the_hub_goes_on()
    {
        var killed = await RunAsync("kill -9 $$", Text(), Text());
        Assert.False(killed.Succeeded);
        Assert.Equal("pretrain: ended by signal 9", killed.Reason);
        Assert.Equal(RunState.Failed, Assert.Single(killed.Runs).State);
        Assert.Equal(2, killed.Runs[0].Attempt);

        Assert.True((await RunAsync(Succeed, Text())).Succeeded);
    }

    [Fact]
    public async Task A_refused_run_is_not_tried_again()
    {
        var outcome = await RunAsync("""
            echo '{"type":"error","message":"learningRate: too large"}'
            exit 2
            """, Text());
        Assert.Equal("pretrain: learningRate: too large", outcome.Reason);
        Assert.Equal(1, outcome.Runs[0].Attempt);
    }

    [Fact]
    public async Task What_cannot_be_planned_fails_before_any_process()
    {
        var outcome = await RunAsync("touch \"$out/started\"", new PipelineStage(RunKinds.Candidates, new CandidatesOptions { Model = _place["nothing"] }));
        Assert.False(outcome.Succeeded);
        Assert.Contains("config.json", outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(outcome.Runs);
    }

    [Fact]
    public async Task A_command_delivered_twice_makes_one_run()
    {
        using var database = await RlhfDatabase.OpenAsync(Home.Database, TestContext.Current.CancellationToken);
        using var host = PipelineHost.Hub(Home, database, broker: null, ShellChild.Script(_place, $"echo x >> '{_place["starts"]}'\n{Succeed}"));
        await host.StartAsync(TestContext.Current.CancellationToken);
        var runs = host.Services.GetRequiredService<PipelineRuns>();
        var bus = host.Services.GetRequiredService<IBus>();
        var id = await runs.StartAsync(new PipelineFile { Name = "twice", Stages = [Text(), Text()] }, TestContext.Current.CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await bus.Publish(new StartStage(id, RunIds.ForStage(id, 0), RunKinds.Pretrain), TestContext.Current.CancellationToken);
            await bus.Publish(new StartPipeline(id, [RunKinds.Pretrain, RunKinds.Pretrain]), TestContext.Current.CancellationToken);
        }
        var end = await runs.WaitAsync(id, TestContext.Current.CancellationToken);
        // What has ended stays ended, whatever is said again.
        await bus.Publish(new StageCompleted(id, RunIds.ForStage(id, 0), RunKinds.Pretrain), TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.True(end.Succeeded, end.Reason);
        Assert.Equal(2, File.ReadAllLines(_place["starts"]).Length);
        await using var context = database.OpenReadContext();
        Assert.Equal(2, await context.Runs.CountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_home_folder_has_one_hub()
    {
        using var owned = HomeLock.Take(Home);
        var error = await Assert.ThrowsAsync<Core.UserError>(() => RunAsync(Succeed, Text()));
        Assert.Contains("another rlhf", error.Message, StringComparison.Ordinal);
    }

    private Task<PipelineOutcome> RunAsync(string script, params PipelineStage[] stages) =>
        new PipelineSession(Home, broker: null, ShellChild.Script(_place, script))
            .RunAsync(new PipelineFile { Name = "test", Stages = stages }, _progress.Enqueue, TestContext.Current.CancellationToken);

    /// <summary>A stage that needs nothing but a text file.</summary>
    private PipelineStage Text()
    {
        File.WriteAllText(_place["corpus.txt"], "one\n<|endoftext|>\ntwo\n");
        return new PipelineStage(RunKinds.Pretrain, new PretrainOptions { Corpus = _place["corpus.txt"] });
    }
}
