using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Hub.Waiting;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub;

/// <summary>A row that another version wrote and that cannot be read ends its own pipeline run, and no other one waits for it.</summary>
public sealed class DamagedRowsTests : IDisposable
{
    private const string Succeed = "echo '{\"steps\":1}' > \"$out/result.pending.json\"";

    private readonly TemporaryFolder _place = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Home Home => Storage.Home.Open(_place["home"]);

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task An_unfinished_pipeline_run_that_cannot_be_read_fails_and_later_ones_go_on()
    {
        Guid bad, good;
        await using (var first = await TestHub.StartAsync(Home, command: null))
        {
            bad = await first.StartPipelineAsync(Text());
            good = await first.StartPipelineAsync(Text());
            await DamageAsync(first, bad);
        }
        await using var second = await TestHub.StartAsync(Home, ShellChild.Script(_place, Succeed));
        Assert.Equal(RunState.Succeeded, (await second.EndOfAsync(good)).State);
        var failed = await second.EndOfAsync(bad);
        Assert.Equal(RunState.Failed, failed.State);
        Assert.Contains("'colour'", failed.Reason, StringComparison.Ordinal);
        // What it had queued is not executed for nobody.
        Assert.DoesNotContain(failed.Runs, run => run.State is RunState.Queued or RunState.Running or RunState.Succeeded);
    }

    [Fact]
    public async Task One_that_is_resumed_and_cannot_be_read_fails_again_and_the_hub_stays()
    {
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, Succeed));
        var bad = await hub.StartPipelineAsync(new PipelineStage(RunKinds.Candidates, new CandidatesOptions { Model = _place["nothing"] }));
        Assert.Equal(RunState.Failed, (await hub.EndOfAsync(bad)).State);
        await DamageAsync(hub, bad);

        Assert.True(await hub.Runs.ResumeAsync(bad, Stop));
        var failed = await hub.EndOfAsync(bad);
        Assert.Equal(RunState.Failed, failed.State);
        Assert.Contains("'colour'", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(RunState.Succeeded, (await hub.EndOfAsync(await hub.StartPipelineAsync(Text()))).State);
    }

    [Fact]
    public async Task A_waiting_run_that_cannot_be_read_fails_and_the_others_move_on()
    {
        Labelers.WriteCandidates(_place["candidates.jsonl"], 2);
        Guid bad, good, project;
        await using (var first = await TestHub.StartAsync(Home, command: null))
        {
            bad = await first.StartPipelineAsync(Label());
            await first.WaitingAsync(bad);
            good = await first.StartPipelineAsync(Label());
            project = (await first.WaitingAsync(good)).Project();
            await first.Database.WriteAsync(db => db.Runs.Where(r => r.PipelineRunId == bad)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.Options, """{"colour": 1}"""), Stop), Stop);
        }
        Assert.Equal(2, await Labelers.AnswerWithoutHubAsync(Home, project));
        await using var second = await TestHub.StartAsync(Home, command: null);
        Assert.Equal(RunState.Succeeded, (await second.EndOfAsync(good)).State);
        var failed = await second.EndOfAsync(bad);
        Assert.Equal((RunState.Failed, RunState.Cancelled), (failed.State, Assert.Single(failed.Runs).State));
        Assert.Contains("'colour'", failed.Reason, StringComparison.Ordinal);
    }

    /// <summary>Gives the first stage an option that this version does not know.</summary>
    private static Task<int> DamageAsync(TestHub hub, Guid id) => hub.Database.WriteAsync(async db =>
    {
        string definition = await db.PipelineRuns.Where(p => p.Id == id).Select(p => p.Definition).SingleAsync(Stop);
        string damaged = definition.Replace("\"options\": {", "\"options\": { \"colour\": 1,", StringComparison.Ordinal);
        Assert.NotEqual(definition, damaged);
        return await db.PipelineRuns.Where(p => p.Id == id).ExecuteUpdateAsync(set => set.SetProperty(p => p.Definition, damaged), Stop);
    }, Stop);

    private PipelineStage Label() => new(RunKinds.Label, new LabelOptions { Candidates = _place["candidates.jsonl"], Overlap = 1 });

    private PipelineStage Text()
    {
        File.WriteAllText(_place["corpus.txt"], "one\n<|endoftext|>\ntwo\n");
        return new PipelineStage(RunKinds.Pretrain, new PretrainOptions { Corpus = _place["corpus.txt"] });
    }
}
