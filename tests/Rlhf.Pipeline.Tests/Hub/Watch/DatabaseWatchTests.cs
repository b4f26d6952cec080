using Microsoft.Data.Sqlite;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Watch;

public sealed class DatabaseWatchTests : IAsyncLifetime
{
    private const int Full = 13;
    private const int Busy = 5;

    private readonly TemporaryFolder _place = new();
    private readonly SetClock _clock = new();
    private readonly ChangeFeed _changes = new(TimeProvider.System);
    private RlhfDatabase _database = null!;
    private DatabaseWatch _watch = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await RlhfDatabase.OpenAsync(_place["rlhf.db"], TestContext.Current.CancellationToken);
        _watch = new DatabaseWatch(_database, new HubSettings(LeaseSeconds: 30), _changes, _clock);
    }

    public ValueTask DisposeAsync()
    {
        _watch.Dispose();
        _database.Dispose();
        _place.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Writes_that_fail_for_a_whole_lease_are_a_broken_database()
    {
        for (int seconds = 0; seconds < 30; seconds += 10)
        {
            await FailAsync(Full);
            Assert.Null(_watch.Reason);
            _clock.Advance(10);
        }
        await FailAsync(Full);
        Assert.True(_watch.Broken.IsCancellationRequested);
        Assert.Equal($"{_place["rlhf.db"]}: cannot be written: SQLite Error 13", _watch.Reason);
    }

    [Fact]
    public async Task Failures_with_a_pause_in_between_and_locks_are_not()
    {
        for (int i = 0; i < 10; i++)
        {
            await FailAsync(Full);
            _clock.Advance(31);
        }
        for (int i = 0; i < 10; i++)
        {
            await FailAsync(Busy);
            _clock.Advance(10);
        }
        Assert.Null(_watch.Reason);
    }

    [Fact]
    public async Task Those_who_follow_runs_of_a_hub_that_stays_read_it_once_a_minute()
    {
        var stop = TestContext.Current.CancellationToken;
        long before = _changes.Latest;
        for (int seconds = 0; seconds < 120; seconds += 10)
        {
            await FailAsync(Full);
            _clock.Advance(10);
        }
        Assert.Equal(before + 2, _changes.Latest);
        await using var published = _changes.SubscribeAsync(before, stop).GetAsyncEnumerator(stop);
        Assert.True(await published.MoveNextAsync());
        Assert.Equal((ChangeTypes.HubNotice, null, _watch.Reason),
            (published.Current.Type, published.Current.PipelineRunId, published.Current.Payload["text"]!.GetValue<string>()));
    }

    /// <summary>A write that fails with an error code of SQLite's.</summary>
    private async Task FailAsync(int code)
    {
        var failure = new SqliteException($"SQLite Error {code}", code);
        await Assert.ThrowsAnyAsync<Exception>(
            () => _database.WriteAsync(_ => Task.FromException(failure), TestContext.Current.CancellationToken));
    }
}
