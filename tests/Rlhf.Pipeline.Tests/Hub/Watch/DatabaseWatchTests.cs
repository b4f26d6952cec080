using Microsoft.Data.Sqlite;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Watch;

public sealed class DatabaseWatchTests : IAsyncLifetime
{
    private const int Full = 13;
    private const int Busy = 5;

    private readonly TemporaryFolder _place = new();
    private readonly SetClock _clock = new();
    private RlhfDatabase _database = null!;
    private DatabaseWatch _watch = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await RlhfDatabase.OpenAsync(_place["rlhf.db"], TestContext.Current.CancellationToken);
        _watch = new DatabaseWatch(_database, new HubSettings(LeaseSeconds: 30), _clock);
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

    /// <summary>A write that fails with an error code of SQLite's.</summary>
    private async Task FailAsync(int code)
    {
        var failure = new SqliteException($"SQLite Error {code}", code);
        await Assert.ThrowsAnyAsync<Exception>(
            () => _database.WriteAsync(_ => Task.FromException(failure), TestContext.Current.CancellationToken));
    }
}
