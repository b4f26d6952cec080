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
public sealed class RunRecoveryTests : IAsyncLifetime
{
    private readonly TemporaryFolder _place = new();
    private readonly SetClock _clock = new();
    private Home _home = null!;
    private RlhfDatabase _database = null!;
    private RunLedger _ledger = null!;
    private RunRecovery _recovery = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _home = Home.Open(_place["home"]);
        _database = await RlhfDatabase.OpenAsync(_home.Database, Stop);
        _ledger = new RunLedger(_database, new HubSettings(LeaseSeconds: 40), new OutboxSignal(), new ChangeFeed(_clock), _clock);
        _recovery = new RunRecovery(_home, _database, _ledger, new RunResults(_home, _database, _ledger, _clock));
    }

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _place.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("result.json", RunState.Succeeded)]
    // Its process had written everything, but the hub had not recorded its last metrics: they would be missing for ever.
    [InlineData("result.pending.json", RunState.Queued)]
    [InlineData("evaluation.jsonl", RunState.Queued)]
    public async Task An_attempt_is_used_when_its_result_was_accepted(string written, RunState expected)
    {
        var run = await LeaseAsync();
        await File.WriteAllTextAsync(Plan(run).In(written), "{}", Stop);

        await _recovery.TakeOverAsync(Stop);

        Assert.Equal(expected, (await RowAsync(run)).State);
    }

    [Fact]
    public async Task Results_that_cannot_be_taken_in_end_their_attempt_and_no_other_run_waits_for_it()
    {
        var bad = await LeaseAsync();
        // Its manifest is gone.
        var attempt = new RunFolder(_home.RunFolder(bad)).Attempt(1);
        Directory.CreateDirectory(attempt.Path);
        await File.WriteAllTextAsync(attempt.ResultFile, "{}", Stop);
        _clock.Advance(1);
        var good = await LeaseAsync();
        await File.WriteAllTextAsync(Plan(good).ResultFile, "{}", Stop);
        _clock.Advance(41);

        await _recovery.ExpireAsync(Stop);

        Assert.Equal(RunState.Succeeded, (await RowAsync(good)).State);
        var row = await RowAsync(bad);
        Assert.Equal((RunState.Queued, FailureKind.Crashed), (row.State, row.FailureKind));
        Assert.StartsWith("its results cannot be taken in: ", row.Reason, StringComparison.Ordinal);

        // The same again: it is given up.
        Assert.NotNull(await _ledger.LeaseAsync(Guid.CreateVersion7(), Executor, hubWork: false, Stop));
        Directory.Move(attempt.Path, new RunFolder(_home.RunFolder(bad)).Attempt(2).Path);
        await _recovery.TakeOverAsync(Stop);
        Assert.Equal(RunState.Failed, (await RowAsync(bad)).State);
    }

    [Fact]
    public async Task Results_are_asked_for_again_where_the_database_was_the_trouble()
    {
        var run = await LeaseAsync();
        var attempt = Plan(run);
        await File.WriteAllTextAsync(attempt.ResultFile, "{}", Stop);
        Directory.CreateDirectory(attempt.ModelFolder);
        await File.WriteAllTextAsync(Path.Combine(attempt.ModelFolder, "config.json"), "{}", Stop);
        await AlterAsync("ALTER TABLE Checkpoints RENAME TO Away");

        await Assert.ThrowsAnyAsync<Exception>(() => _recovery.TakeOverAsync(Stop));
        Assert.Equal(RunState.Running, (await RowAsync(run)).State);

        await AlterAsync("ALTER TABLE Away RENAME TO Checkpoints");
        await _recovery.TakeOverAsync(Stop);
        Assert.Equal(RunState.Succeeded, (await RowAsync(run)).State);
    }

    [Fact]
    public async Task Results_that_break_a_rule_of_the_database_end_their_attempt()
    {
        var run = await LeaseAsync();
        await File.WriteAllTextAsync(Plan(run).ResultFile, "{}", Stop);
        await AlterAsync(
            "CREATE TRIGGER Refuse BEFORE UPDATE OF Result ON Runs WHEN NEW.Result IS NOT NULL BEGIN SELECT RAISE(ABORT, 'no'); END");
        await _recovery.TakeOverAsync(Stop);
        var row = await RowAsync(run);
        Assert.Equal((RunState.Queued, FailureKind.Crashed), (row.State, row.FailureKind));
    }

    private static string Executor => ExecutorSettings.DefaultName(insideHub: true);

    /// <summary>A run that an executor inside of the hub holds.</summary>
    private async Task<Guid> LeaseAsync()
    {
        var run = new Run { Kind = RunKinds.Evaluate, State = RunState.Queued, Options = "{}", Created = _clock.GetUtcNow() };
        await _database.WriteAsync(context =>
        {
            context.Runs.Add(run);
            return Task.CompletedTask;
        }, Stop);
        Assert.NotNull(await _ledger.LeaseAsync(Guid.CreateVersion7(), Executor, hubWork: false, Stop));
        return run.Id;
    }

    /// <summary>Writes the manifest of a run. Returns the folder of its first attempt.</summary>
    private AttemptFolder Plan(Guid run)
    {
        var folder = new RunFolder(_home.RunFolder(run));
        Directory.CreateDirectory(folder.Path);
        folder.Write(new RunManifest(
            run, RunKinds.Evaluate, 1, RunFolder.OptionsObject(new EvaluateOptions()), [], null, MachineFacts.Current()));
        return folder.Attempt(1).Create();
    }

    private async Task<Run> RowAsync(Guid run)
    {
        await using var context = _database.OpenReadContext();
        return await context.Runs.SingleAsync(r => r.Id == run, Stop);
    }

    private Task<int> AlterAsync(string sql) => _database.WriteAsync(context => context.Database.ExecuteSqlRawAsync(sql, Stop), Stop);
}
