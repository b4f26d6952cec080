using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Datasets;

namespace Rlhf.Storage.Tests;

public sealed class WalCheckpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_long_log_is_moved_into_the_database_and_begun_anew()
    {
        await using var store = await Store.OpenAsync();
        await FillAsync(store, "first");
        await store.Database.CheckpointAsync();
        Assert.True(new FileInfo(store["rlhf.db"]).Length > WalCheckpoints.LogLimit);
        await store.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        Assert.InRange(Log(store), 1, WalCheckpoints.LogLimit);
    }

    [Fact]
    public async Task What_a_snapshot_kept_in_the_log_is_moved_when_it_ends()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        await using (var snapshot = await ReadSnapshot.OpenAsync(store.Database, Cancellation))
        {
            Assert.Equal(1, await snapshot.Context.Projects.CountAsync(Cancellation));
            await FillAsync(store, "second");
            await store.Database.CheckpointAsync();
            Assert.True(new FileInfo(store["rlhf.db"]).Length < WalCheckpoints.LogLimit);
            Assert.Equal(1, await snapshot.Context.Projects.CountAsync(Cancellation));
        }
        Assert.True(new FileInfo(store["rlhf.db"]).Length > WalCheckpoints.LogLimit);
        Assert.NotEqual(Guid.Empty, project);
    }

    /// <summary>Writes twice as much as the log should hold.</summary>
    private static async Task FillAsync(Store store, string name)
    {
        var project = await store.Labeling.CreateProjectAsync(name, cancellation: Cancellation);
        for (int i = 0; i < 4; i++)
            await store.Labeling.AddTasksAsync(
                project, [Store.Task($"{i}", new string('a', WalCheckpoints.LogLimit / 4), new string('b', WalCheckpoints.LogLimit / 4))],
                cancellation: Cancellation);
    }

    private static long Log(Store store) => new FileInfo(store["rlhf.db-wal"]).Length;
}
