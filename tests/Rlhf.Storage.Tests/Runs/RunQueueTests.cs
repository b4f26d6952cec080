using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Storage.Tests.Runs;

public sealed class RunQueueTests
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_command_twice_makes_one_run_and_a_lease_asked_twice_gives_it_again()
    {
        await using var store = await Store.OpenAsync();
        var run = Guid.CreateVersion7();
        Assert.True(await QueueAsync(store, q => q.EnqueueAsync(New(store, run))));
        Assert.False(await QueueAsync(store, q => q.EnqueueAsync(New(store, run))));
        var lease = Guid.NewGuid();
        for (int i = 0; i < 2; i++)
            Assert.Equal((run, 1), await QueueAsync(store, q => q.LeaseAsync(lease, "e", s_lease)) is var leased ? (leased!.Id, leased.Attempt) : default);
        Assert.Null(await QueueAsync(store, q => q.LeaseAsync(Guid.NewGuid(), "f", s_lease)));
        Assert.True(await QueueAsync(store, q => q.SucceedAsync(run, lease, "{}", 123)));
        Assert.False(await QueueAsync(store, q => q.SucceedAsync(run, lease, "{}", 123)));
        Assert.Null(await QueueAsync(store, q => q.LeaseAsync(lease, "e", s_lease)));
        await using var db = store.Database.OpenReadContext();
        Assert.Equal((RunState.Succeeded, "{}", 123L), await db.Runs.SingleAsync(TestContext.Current.CancellationToken) is var row ? (row.State, row.Result, row.PeakBytes) : default);
    }

    [Fact]
    public async Task Racing_executors_each_get_another_run()
    {
        await using var store = await Store.OpenAsync();
        for (int i = 0; i < 5; i++)
            await QueueAsync(store, q => q.EnqueueAsync(New(store, Guid.CreateVersion7())));
        var runs = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => QueueAsync(store, q => q.LeaseAsync(Guid.NewGuid(), $"e{i}", s_lease)))));
        Assert.Equal(5, runs.Where(r => r is not null).Select(r => r!.Id).Distinct().Count());
        Assert.Equal(5, runs.Count(r => r is null));
    }

    [Fact]
    public async Task A_silent_executor_loses_its_run_and_the_last_attempt_fails_it()
    {
        await using var store = await Store.OpenAsync();
        var run = Guid.CreateVersion7();
        await QueueAsync(store, q => q.EnqueueAsync(New(store, run)));
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            var lease = Guid.NewGuid();
            Assert.Equal(attempt, (await QueueAsync(store, q => q.LeaseAsync(lease, "e", s_lease)))!.Attempt);
            store.Clock.Now += TimeSpan.FromSeconds(20);
            Assert.True(await QueueAsync(store, q => q.RenewAsync(run, lease, s_lease)));
            store.Clock.Now += TimeSpan.FromSeconds(20);
            Assert.Empty(await QueueAsync(store, q => q.TakeBackExpiredAsync()));
            store.Clock.Now += TimeSpan.FromSeconds(10);
            var taken = Assert.Single(await QueueAsync(store, q => q.TakeBackExpiredAsync()));
            Assert.Equal(attempt < 3 ? RunState.Queued : RunState.Failed, taken.State);
            Assert.False(await QueueAsync(store, q => q.RenewAsync(run, lease, s_lease)));
            Assert.False(await QueueAsync(store, q => q.SucceedAsync(run, lease)));
        }
        await using var db = store.Database.OpenReadContext();
        Assert.StartsWith("its executor e was not heard of since", (await db.Runs.SingleAsync(TestContext.Current.CancellationToken)).Reason);
    }

    [Fact]
    public async Task A_failure_says_why_and_may_be_tried_again()
    {
        await using var store = await Store.OpenAsync();
        var run = Guid.CreateVersion7();
        await QueueAsync(store, q => q.EnqueueAsync(New(store, run)));
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        await QueueAsync(store, q => q.LeaseAsync(first, "e", s_lease));
        Assert.True(await QueueAsync(store, q => q.FailAsync(run, first, "killed", mayRetry: true)));
        await QueueAsync(store, q => q.LeaseAsync(second, "e", s_lease));
        Assert.True(await QueueAsync(store, q => q.FailAsync(run, second, "bad input")));
        Assert.False(await QueueAsync(store, q => q.CancelAsync(run, "no longer wanted")));
        await using var db = store.Database.OpenReadContext();
        Assert.Equal((RunState.Failed, "bad input", 2), await db.Runs.SingleAsync(TestContext.Current.CancellationToken) is var row ? (row.State, row.Reason, row.Attempt) : default);
    }

    [Fact]
    public async Task Where_a_checkpoint_came_from_is_kept_and_never_changes()
    {
        await using var store = await Store.OpenAsync();
        var start = new Checkpoint { Kind = CheckpointKind.Policy, Path = "runs/a/model", Sha256 = "aa", Created = store.Clock.Now };
        var trained = new Checkpoint { Kind = CheckpointKind.Policy, Path = "runs/b/model", Sha256 = "bb", Created = store.Clock.Now };
        trained.Parents.Add(new CheckpointParent { ParentId = start.Id, Role = "policy" });
        await store.Database.WriteAsync(db =>
        {
            db.Checkpoints.AddRange(start, trained);
            return Task.CompletedTask;
        }, TestContext.Current.CancellationToken);
        await using var db = store.Database.OpenReadContext();
        var row = await db.Checkpoints.Include(c => c.Parents).SingleAsync(c => c.Sha256 == "bb", TestContext.Current.CancellationToken);
        Assert.Equal((start.Id, "policy"), (row.Parents.Single().ParentId, row.Parents.Single().Role));
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => store.Database.WriteAsync(w => w.Database.ExecuteSqlRawAsync("UPDATE Checkpoints SET Sha256 = 'cc'", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken));
    }

    private static Run New(Store store, Guid id) => new() { Id = id, Kind = "reward", Options = "{}", Created = store.Clock.Now };

    private static Task<T> QueueAsync<T>(Store store, Func<RunQueue, Task<T>> step) => store.Database.WriteAsync(db => step(new RunQueue(db, store.Clock)));
}
