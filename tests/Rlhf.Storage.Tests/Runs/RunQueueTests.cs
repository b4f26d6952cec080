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
        {
            var leased = await QueueAsync(store, q => q.LeaseAsync(lease, "e", s_lease));
            Assert.Equal((run, 1), (leased!.Id, leased.Attempt));
        }
        Assert.Null(await QueueAsync(store, q => q.LeaseAsync(Guid.NewGuid(), "f", s_lease)));
        Assert.True(await QueueAsync(store, q => q.SucceedAsync(run, lease, "{}", 123)));
        Assert.False(await QueueAsync(store, q => q.SucceedAsync(run, lease, "{}", 123)));
        Assert.Null(await QueueAsync(store, q => q.LeaseAsync(lease, "e", s_lease)));
        await using var db = store.Database.OpenReadContext();
        Assert.Equal((RunState.Succeeded, "{}", 123L),
            await db.Runs.SingleAsync(TestContext.Current.CancellationToken) is var row ? (row.State, row.Result, row.PeakBytes) : default);
    }

    [Fact]
    public async Task Racing_executors_each_get_another_run()
    {
        await using var store = await Store.OpenAsync();
        for (int i = 0; i < 5; i++)
            await QueueAsync(store, q => q.EnqueueAsync(New(store, Guid.CreateVersion7())));
        var runs = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => Task.Run(() => QueueAsync(store, q => q.LeaseAsync(Guid.NewGuid(), $"e{i}", s_lease)))));
        Assert.Equal(5, runs.Where(r => r is not null).Select(r => r!.Id).Distinct().Count());
        Assert.Equal(5, runs.Count(r => r is null));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_lasts_and_a_lost_executor_may_end_nothing()
    {
        await using var store = await Store.OpenAsync();
        var run = await QueuedAsync(store);
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            var lease = await LeasedAsync(store);
            store.Clock.Now += TimeSpan.FromSeconds(20);
            Assert.True(await QueueAsync(store, q => q.RenewAsync(run, lease, s_lease)));
            Assert.True(await QueueAsync(
                store, q => q.FailAsync(run, lease, $"no heartbeat since {store.Clock.Now:u}", FailureKind.Lost, mayRetry: true)));
            Assert.Equal((attempt < 3 ? RunState.Queued : RunState.Lost, attempt),
                await RowAsync(store) is var row ? (row.State, row.Attempt) : default);
            Assert.False(await QueueAsync(store, q => q.RenewAsync(run, lease, s_lease)));
            Assert.False(await QueueAsync(store, q => q.SucceedAsync(run, lease)));
        }
    }

    [Fact]
    public async Task The_same_failure_twice_in_a_row_is_not_tried_a_third_time()
    {
        await using var store = await Store.OpenAsync();
        var run = await QueuedAsync(store);
        await QueueAsync(store, async q =>
            await q.FailAsync(run, await LeaseOf(q), "ended by signal 9", FailureKind.Crashed, mayRetry: true));
        Assert.Equal(RunState.Queued, (await RowAsync(store)).State);
        await QueueAsync(store, async q =>
            await q.FailAsync(run, await LeaseOf(q), "ended by signal 9", FailureKind.Crashed, mayRetry: true));
        Assert.Equal((RunState.Failed, 2, FailureKind.Crashed),
            await RowAsync(store) is var row ? (row.State, row.Attempt, row.FailureKind) : default);
    }

    [Fact]
    public async Task Different_failures_are_tried_again_up_to_the_limit()
    {
        await using var store = await Store.OpenAsync();
        var run = await QueuedAsync(store);
        foreach (string reason in (string[])["a", "b", "c"])
            await QueueAsync(store, async q =>
                await q.FailAsync(run, await LeaseOf(q), reason, FailureKind.Crashed, mayRetry: true, maxFailures: 3));
        Assert.Equal((RunState.Failed, 3, "c"), await RowAsync(store) is var row ? (row.State, row.Attempt, row.Reason) : default);
    }

    [Fact]
    public async Task An_executor_that_was_stopped_counts_as_no_failure()
    {
        await using var store = await Store.OpenAsync();
        var run = await QueuedAsync(store);
        for (int i = 0; i < 10; i++)
            await QueueAsync(store, async q => await q.ReleaseAsync(run, await LeaseOf(q), "the hub's process ended"));
        Assert.Equal((RunState.Queued, 10, 0), await RowAsync(store) is var row ? (row.State, row.Attempt, row.Failures) : default);
    }

    [Fact]
    public async Task Bad_input_is_refused_once_and_resuming_forgets_it()
    {
        await using var store = await Store.OpenAsync();
        var run = await QueuedAsync(store);
        await QueueAsync(store, async q => await q.FailAsync(run, await LeaseOf(q), "bad input", FailureKind.Refused));
        Assert.False(await QueueAsync(store, q => q.CancelAsync(run, "no longer wanted")));
        Assert.Equal((RunState.Failed, "bad input", FailureKind.Refused),
            await RowAsync(store) is var row ? (row.State, row.Reason, row.FailureKind) : default);

        Assert.True(await QueueAsync(store, q => q.ResumeAsync(run)));
        Assert.False(await QueueAsync(store, q => q.ResumeAsync(run)));
        var lease = await LeasedAsync(store);
        Assert.True(await QueueAsync(store, q => q.SucceedAsync(run, lease)));
        Assert.Equal((RunState.Succeeded, 2, (int?)2, null),
            await RowAsync(store) is var done ? (done.State, done.Attempt, done.SucceededAttempt, done.Reason) : default);
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
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(
            () => store.Database.WriteAsync(
                w => w.Database.ExecuteSqlRawAsync("UPDATE Checkpoints SET Sha256 = 'cc'", TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken));
    }

    private static async Task<Guid> QueuedAsync(Store store)
    {
        var run = Guid.CreateVersion7();
        await QueueAsync(store, q => q.EnqueueAsync(New(store, run)));
        return run;
    }

    private static Task<Guid> LeasedAsync(Store store) => QueueAsync(store, LeaseOf);

    private static async Task<Guid> LeaseOf(RunQueue queue)
    {
        var lease = Guid.NewGuid();
        Assert.NotNull(await queue.LeaseAsync(lease, "e", s_lease));
        return lease;
    }

    private static async Task<Run> RowAsync(Store store)
    {
        await using var db = store.Database.OpenReadContext();
        return await db.Runs.SingleAsync(TestContext.Current.CancellationToken);
    }

    private static Run New(Store store, Guid id) => new() { Id = id, Kind = "reward", Options = "{}", Created = store.Clock.Now };

    private static Task<T> QueueAsync<T>(Store store, Func<RunQueue, Task<T>> step) =>
        store.Database.WriteAsync(db => step(new RunQueue(db, store.Clock)));
}
