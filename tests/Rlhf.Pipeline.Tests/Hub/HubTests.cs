using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Contracts;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub.Planning;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub;

/// <summary>The hub with its bus, its database and real child processes (shell scripts instead of rlhf execute).</summary>
public sealed class HubTests : IDisposable
{
    private const string Succeed = """
        echo '{"type":"metrics","step":1,"values":{"loss":0.5}}'
        echo '{"steps":1}' > "$out/result.pending.json"
        """;

    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    private Home Home => Storage.Home.Open(_place["home"]);

    [Fact]
    public async Task Stages_run_in_the_order_of_the_file()
    {
        var outcome = await RunAsync(Succeed, Text(), Text());
        Assert.True(outcome.State == RunState.Succeeded, outcome.Reason);
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
        Assert.True(outcome.State == RunState.Succeeded, outcome.Reason);
        Assert.Equal(2, outcome.Runs[0].Attempt);

        // The second attempt wrote nothing into the folder of the first, whose log stays.
        var run = new RunFolder(Home.RunFolder(outcome.Runs[0].Id));
        Assert.Contains("the first attempt", await File.ReadAllTextAsync(run.Attempt(1).LogFile, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.False(File.Exists(run.Attempt(1).ResultFile));
        Assert.True(File.Exists(run.Attempt(2).ResultFile));
        Assert.False(File.Exists(run.Attempt(2).CandidatesFile));
        Assert.Equal(["attempts", "run.json", "text.jsonl"],
            Directory.EnumerateFileSystemEntries(run.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_run_that_is_killed_again_and_again_fails_with_the_reason_and_the_hub_goes_on()
    {
        var killed = await RunAsync("kill -9 $$", Text(), Text());
        Assert.Equal(RunState.Failed, killed.State);
        Assert.Equal("pretrain: ended by signal 9", killed.Reason);
        Assert.Equal(RunState.Failed, Assert.Single(killed.Runs).State);
        Assert.Equal(2, killed.Runs[0].Attempt);

        Assert.Equal(RunState.Succeeded, (await RunAsync(Succeed, Text())).State);
    }

    [Theory]
    [InlineData("learningRate: too large")]
    [InlineData("pretrain: learningRate: too large")]
    public async Task A_refused_run_is_not_tried_again_and_its_stage_is_named_once(string message)
    {
        var outcome = await RunAsync($$"""
            echo '{"type":"error","message":"{{message}}"}'
            exit 2
            """, Text());
        Assert.Equal("pretrain: learningRate: too large", outcome.Reason);
        Assert.Equal(1, outcome.Runs[0].Attempt);
    }

    [Fact]
    public async Task A_diverged_training_is_a_failed_run_of_its_own_word_and_is_not_tried_again()
    {
        var outcome = await RunAsync("""
            echo '{"type":"error","message":"training diverged at step 12"}'
            exit 3
            """, Text());
        Assert.Equal((RunState.Failed, "pretrain: training diverged at step 12"), (outcome.State, outcome.Reason));
        Assert.Equal((1, FailureKind.Diverged), (outcome.Runs[0].Attempt, outcome.Runs[0].FailureKind));
    }

    [Fact]
    public async Task What_cannot_be_planned_fails_before_any_process()
    {
        var outcome = await RunAsync(
            "touch \"$out/started\"", new PipelineStage(RunKinds.Candidates, new CandidatesOptions { Model = _place["nothing"] }));
        Assert.Equal(RunState.Failed, outcome.State);
        Assert.Contains("config.json", outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(outcome.Runs);
    }

    [Fact]
    public async Task A_command_delivered_twice_makes_one_run()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, $"echo x >> '{_place["starts"]}'\n{Succeed}"));
        var bus = hub.Services.GetRequiredService<IBus>();
        var id = await hub.StartPipelineAsync(Text(), Text());
        for (int i = 0; i < 3; i++)
        {
            await bus.Publish(new StartStage(id, RunIds.ForStage(id, 0), RunKinds.Pretrain), stop);
            await bus.Publish(new StartPipeline(id, [RunKinds.Pretrain, RunKinds.Pretrain]), stop);
        }
        var end = await hub.EndOfAsync(id);

        Assert.Equal((RunState.Succeeded, null), (end.State, end.Reason));
        Assert.Equal(2, File.ReadAllLines(_place["starts"]).Length);
        Assert.Equal(2, end.Runs.Count);
    }

    [Fact]
    public async Task A_command_for_a_pipeline_run_that_has_ended_starts_nothing()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, $"echo x >> '{_place["starts"]}'\nexec sleep 600"));
        var id = await hub.StartPipelineAsync(Text(), Text());
        Assert.True(await hub.Runs.CancelAsync(id, "not wanted", stop));
        int before = Starts();
        var starter = hub.Services.GetRequiredService<StageStarter>();
        await starter.StartAsync(id, RunIds.ForStage(id, 0), stop);
        await starter.StartAsync(id, RunIds.ForStage(id, 1), stop);

        await using var context = hub.Database.OpenReadContext();
        Assert.False(await context.Runs.AnyAsync(r => r.State == RunState.Queued || r.State == RunState.Running, stop));
        Assert.False(await context.Runs.AnyAsync(r => r.Id == RunIds.ForStage(id, 1), stop));
        Assert.InRange(Starts(), 0, Math.Max(before, 1));

        int Starts() => File.Exists(_place["starts"]) ? File.ReadAllLines(_place["starts"]).Length : 0;
    }

    [Fact]
    public async Task Cancelling_ends_the_process_of_the_run_and_says_why()
    {
        var stop = TestContext.Current.CancellationToken;
        string pid = _place["pid"];
        await using var hub = await TestHub.StartAsync(
            Home, ShellChild.Script(_place, $"echo $$ > '{pid}.new'\nmv '{pid}.new' '{pid}'\nexec sleep 600"));
        var id = await hub.StartPipelineAsync(Text());
        using var child = System.Diagnostics.Process.GetProcessById(int.Parse((await WaitForFileAsync(pid)).Trim()));
        await hub.Runs.CancelAsync(id, "not wanted", stop);
        await child.WaitForExitAsync(stop);

        var status = await hub.Runs.GetAsync(id, stop);
        Assert.Equal((RunState.Cancelled, "not wanted"), (status.State, status.Reason));
        Assert.Equal((RunState.Cancelled, "not wanted"), (status.Runs[0].State, status.Runs[0].Reason));
    }

    [Fact]
    public async Task A_pipeline_run_that_failed_is_resumed_at_the_stage_that_did_not_succeed()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, $$"""
            echo x >> '{{_place["starts"]}}'
            if [ "$(wc -l < '{{_place["starts"]}}')" = 2 ]; then
                echo '{"type":"error","message":"no"}'
                exit 2
            fi
            {{Succeed}}
            """));
        var id = await hub.StartPipelineAsync(Text(), Text());
        Assert.Equal((RunState.Failed, "pretrain: no"), (await hub.EndOfAsync(id) is var failed ? (failed.State, failed.Reason) : default));
        Assert.True(await hub.Runs.ResumeAsync(id, stop));
        var end = await hub.EndOfAsync(id);

        Assert.Equal((RunState.Succeeded, null), (end.State, end.Reason));
        Assert.Equal([1, 2], end.Runs.Select(r => r.Attempt));
        Assert.False(await hub.Runs.ResumeAsync(id, stop));
    }

    [Fact]
    public async Task A_hub_that_starts_goes_on_with_what_an_earlier_one_left()
    {
        // The first hub has no executor: its pipeline run stays where it is.
        Guid id;
        await using (var first = await TestHub.StartAsync(Home, command: null))
            id = await first.StartPipelineAsync(Text(), Text());
        await using var second = await TestHub.StartAsync(Home, ShellChild.Script(_place, Succeed));
        var end = await second.EndOfAsync(id);
        Assert.Equal((RunState.Succeeded, null), (end.State, end.Reason));
    }

    private static async Task<string> WaitForFileAsync(string path)
    {
        await WaitLimit.UntilAsync($"the file {path}", _ => Task.FromResult(File.Exists(path)), exists => exists);
        return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }

    private async Task<PipelineStatus> RunAsync(string script, params PipelineStage[] stages)
    {
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, script));
        return await hub.EndOfAsync(await hub.StartPipelineAsync(stages));
    }

    private PipelineStage Text() => TestHub.TextStage(_place);
}
