using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Hub.Results;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Leases;

/// <summary>What the next hub makes of an attempt that the last one was following when it was killed.</summary>
public sealed class RunRecoveryTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("result.json", RunState.Succeeded)]
    // Its process had written everything, but the hub had not recorded its last metrics: they would be missing for ever.
    [InlineData("result.pending.json", RunState.Queued)]
    [InlineData("evaluation.jsonl", RunState.Queued)]
    public async Task An_attempt_is_used_when_its_result_was_accepted(string written, RunState expected)
    {
        var stop = TestContext.Current.CancellationToken;
        var clock = new SetClock();
        var home = Home.Open(_place["home"]);
        using var database = await RlhfDatabase.OpenAsync(home.Database, stop);
        var ledger = new RunLedger(database, new HubSettings(LeaseSeconds: 40), new OutboxSignal(), new ChangeFeed(clock), clock);
        var recovery = new RunRecovery(home, database, ledger, new RunResults(home, database, ledger, clock));
        var run = new Run { Kind = RunKinds.Evaluate, State = RunState.Queued, Options = "{}", Created = clock.GetUtcNow() };
        await database.WriteAsync(context =>
        {
            context.Runs.Add(run);
            return Task.CompletedTask;
        }, stop);
        Assert.NotNull(await ledger.LeaseAsync(Guid.CreateVersion7(), ExecutorSettings.DefaultName(insideHub: true), hubWork: false, stop));
        var folder = new RunFolder(home.RunFolder(run.Id));
        Directory.CreateDirectory(folder.Path);
        folder.Write(
            new RunManifest(run.Id, run.Kind, 1, RunFolder.OptionsObject(new EvaluateOptions()), [], null, MachineFacts.Current()));
        var attempt = folder.Attempt(1).Create();
        await File.WriteAllTextAsync(attempt.In(written), "{}", stop);

        await recovery.TakeOverAsync(stop);

        await using var context = database.OpenReadContext();
        Assert.Equal(expected, (await context.Runs.SingleAsync(stop)).State);
    }
}
