using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Hub.Results;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Leases;

/// <summary>
/// Leases of executors that are alive, suspended or gone, seen by a hub that may have been suspended itself. The clock is set by hand.
/// </summary>
public sealed class LeaseWatchTests : IAsyncLifetime
{
    private static readonly HubSettings Settings = new(LeaseSeconds: 40);
    private static readonly Guid Lease = Guid.CreateVersion7();

    private readonly TemporaryFolder _place = new();
    private readonly SetClock _clock = new();
    private RlhfDatabase _database = null!;
    private RunLedger _ledger = null!;
    private LeaseWatch _watch = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var home = Home.Open(_place["home"]);
        _database = await RlhfDatabase.OpenAsync(home.Database, Stop);
        _ledger = new RunLedger(_database, Settings, new OutboxSignal(), new ChangeFeed(_clock), _clock);
        var recovery = new RunRecovery(home, _database, _ledger, new RunResults(home, _database, _ledger, _clock));
        _watch = new LeaseWatch(recovery, _ledger, Settings, _clock, NullLogger<LeaseWatch>.Instance);
        await _database.WriteAsync(context =>
        {
            context.Runs.Add(new Run { Kind = "ppo", State = RunState.Queued, Options = "{}", Created = _clock.GetUtcNow() });
            return Task.CompletedTask;
        }, Stop);
        Assert.NotNull(await _ledger.LeaseAsync(Lease, "worker", hubWork: false, Stop));
    }

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _place.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_executor_from_which_nothing_comes_loses_its_run()
    {
        await LookForAsync(seconds: 39);
        Assert.Equal(RunState.Running, (await RunAsync()).State);
        await LookForAsync(seconds: 2);
        var run = await RunAsync();
        Assert.Equal((RunState.Queued, null, FailureKind.Lost), (run.State, run.LeaseId, run.FailureKind));
        Assert.StartsWith("no heartbeat from its executor worker since", run.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_hub_was_suspended_executors_have_a_whole_lease_to_report_in()
    {
        await LookForAsync(seconds: 5);
        _clock.Advance(300);
        await _watch.LookAsync(Stop);
        Assert.Equal(RunState.Running, (await RunAsync()).State);

        // One that is alive keeps its run, one that is gone loses it after that.
        await LookForAsync(seconds: 30);
        Assert.True(await _ledger.RenewAsync((await RunAsync()).Id, Lease, Stop));
        await LookForAsync(seconds: 35);
        Assert.Equal(RunState.Running, (await RunAsync()).State);
        await LookForAsync(seconds: 10);
        Assert.Equal(RunState.Queued, (await RunAsync()).State);
    }

    [Fact]
    public async Task A_lease_that_was_renewed_while_the_database_was_locked_holds()
    {
        var run = await RunAsync();
        _clock.Advance(41);
        Task renewed, expired;
        await using (await LockAsync())
        {
            renewed = _ledger.RenewAsync(run.Id, Lease, Stop);
            expired = _ledger.ExpireAsync(run.Id, Lease, "no heartbeat", Stop);
        }
        await Task.WhenAll(renewed, expired);
        Assert.Equal((RunState.Running, Lease), (await RunAsync() is var after ? (after.State, after.LeaseId) : default));
    }

    [Fact]
    public async Task A_hub_that_waited_for_the_database_itself_blames_no_executor()
    {
        var run = await RunAsync();
        _clock.Advance(41);
        Task looked;
        await using (await LockAsync())
        {
            looked = _ledger.ExpireAsync(run.Id, Lease, "no heartbeat", Stop);
            _clock.Advance(35);
        }
        await looked;
        Assert.Equal(RunState.Running, (await RunAsync()).State);
    }

    /// <summary>Looks once a second, as a hub does that runs.</summary>
    private async Task LookForAsync(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _clock.Advance(1);
            await _watch.LookAsync(Stop);
        }
    }

    private async Task<Run> RunAsync()
    {
        await using var context = _database.OpenReadContext();
        return await context.Runs.SingleAsync(Stop);
    }

    /// <summary>Holds the database's write lock until disposed.</summary>
    private async Task<IAsyncDisposable> LockAsync()
    {
        var held = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        var writing = _database.WriteAsync(_ =>
        {
            held.SetResult();
            return end.Task;
        }, Stop);
        await held.Task;
        return new Release(end, writing);
    }

    private sealed class Release(TaskCompletionSource end, Task writing) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            end.SetResult();
            await writing;
        }
    }
}
