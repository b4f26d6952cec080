using Microsoft.Data.Sqlite;

namespace Rlhf.Storage;

/// <summary>
/// Moves the write-ahead log into the database file when it has grown to some MB, in the background. SQLite itself does it inside a
/// commit, whose caller then waits for thousands of pages to reach the disk. Neither readers nor writers wait for a passive
/// checkpoint; what a reader's snapshot still needs stays in the log until a later one.
/// </summary>
internal sealed class WalCheckpoints(string database, string connectionString) : IDisposable
{
    /// <summary>
    /// Bytes: a lease or a submission writes some ten pages of 4 KiB. A longer file is cut to this when it is begun anew.
    /// </summary>
    public const int LogLimit = 4 << 20;

    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;

    /// <summary>After a commit: begins a checkpoint where the log is long and none is running.</summary>
    public void Committed()
    {
        var log = new FileInfo(database + "-wal");
        if (!log.Exists || log.Length < LogLimit)
            return;
        lock (_lock)
        {
            if (_running.IsCompleted)
                _running = Task.Run(Checkpoint);
        }
    }

    /// <summary>A checkpoint of all that is committed now, after the one that is running. Never fails.</summary>
    public Task RunAsync()
    {
        lock (_lock)
            return _running = _running.ContinueWith(_ => Checkpoint(), CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default);
    }

    /// <summary>Waits for a checkpoint that is running.</summary>
    public void Dispose() => _running.Wait();

    private void Checkpoint()
    {
        try
        {
            using var connection = new SqliteConnection(connectionString);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(PASSIVE);";
            command.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // Nothing is lost: the log stays, and the next write reports a disk that is full or broken.
        }
    }
}
