using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Rlhf.Core;

namespace Rlhf.Storage;

/// <summary>
/// One rlhf.db: contexts to read with, and one way to write. SQLite has one writer at a time; writers of this process queue
/// here, in order, and those of other processes wait at the file for up to <see cref="BusySeconds"/>.
/// </summary>
public sealed class RlhfDatabase : IDisposable
{
    /// <summary>How long a write waits for a lock held by another process, for example a backup; seconds.</summary>
    public const int BusySeconds = 30;

    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly DbContextOptions<RlhfDbContext> _options;
    private readonly WalCheckpoints _checkpoints;

    private RlhfDatabase(string path)
    {
        FilePath = path;
        _options = Options(path);
        _checkpoints = new WalCheckpoints(path, ConnectionString(path));
    }

    public string FilePath { get; }

    /// <summary>
    /// A write has failed: the disk is full, or another process held the lock for too long, for example. Raised on the writer's thread.
    /// </summary>
    public event Action<SqliteException>? WriteFailed;

    /// <summary>Opens the database of a home folder; makes it, or brings it to this version's schema, where needed.</summary>
    /// <exception cref="UserError">
    /// It cannot be opened, is not a database created by this program, or was written by a later version.
    /// </exception>
    public static async Task<RlhfDatabase> OpenAsync(string path, CancellationToken cancellation = default)
    {
        var database = new RlhfDatabase(Path.GetFullPath(path));
        try
        {
            await SchemaUpdate.ApplyAsync(database, cancellation);
            // A migration, or a process that was killed, leaves a long log.
            await database.CheckpointAsync();
            return database;
        }
        catch (SqliteException exception)
        {
            database.Dispose();
            throw new UserError($"{path}: cannot be opened as a database: {exception.Message.TrimEnd('.')}", exception);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A context to read with, nothing tracked. The caller disposes it.</summary>
    public RlhfDbContext OpenReadContext()
    {
        var context = new RlhfDbContext(_options);
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return context;
    }

    /// <summary>
    /// Does some work in one immediate transaction: it sees everything that was committed, nothing else is written meanwhile, changes
    /// are saved at its end, and an exception undoes all of them.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<RlhfDbContext, Task<T>> work, CancellationToken cancellation = default)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            await using var context = new RlhfDbContext(_options);
            // Microsoft.Data.Sqlite begins transactions with BEGIN IMMEDIATE: the write lock is taken here, not at the first write.
            await using var transaction = await context.Database.BeginTransactionAsync(cancellation);
            // Gone before the connection goes back to the pool.
            using var prepared = context.Prepared = new PreparedCommands();
            var result = await work(context);
            await context.SaveChangesAsync(cancellation);
            await transaction.CommitAsync(cancellation);
            _checkpoints.Committed();
            return result;
        }
        catch (Exception e) when ((e as SqliteException ?? e.InnerException as SqliteException) is { } failure)
        {
            WriteFailed?.Invoke(failure);
            throw;
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <inheritdoc cref="WriteAsync{T}(Func{RlhfDbContext, Task{T}}, CancellationToken)"/>
    public Task WriteAsync(Func<RlhfDbContext, Task> work, CancellationToken cancellation = default) =>
        WriteAsync(async context =>
        {
            await work(context);
            return true;
        }, cancellation);

    /// <summary>
    /// Writes the file anew without free pages and empties the write-ahead log, so that nothing deleted can be read from either.
    /// Writers wait meanwhile: some seconds per gigabyte.
    /// </summary>
    /// <exception cref="UserError">A reader of another process kept the log from being emptied.</exception>
    internal async Task CompactAsync(CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            await using var context = new RlhfDbContext(_options);
            await context.Database.ExecuteSqlRawAsync("VACUUM;", cancellation);
            // One row: whether it was blocked, frames in the log, frames copied.
            await context.Database.OpenConnectionAsync(cancellation);
            await using var command = context.Database.GetDbConnection().CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE);";
            if (Convert.ToInt64(await command.ExecuteScalarAsync(cancellation)) != 0)
                throw new UserError($"{FilePath}: another process is reading the database, "
                    + $"so that what was removed is still in {FilePath}-wal; end it and do this again");
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Moves pages of the log into the database file that could not be moved while a snapshot was read.</summary>
    internal Task CheckpointAsync() => _checkpoints.RunAsync();

    public void Dispose()
    {
        _checkpoints.Dispose();
        // Pooled connections would keep the file open (and its folder from being removed).
        using (var connection = new SqliteConnection(ConnectionString(FilePath)))
            SqliteConnection.ClearPool(connection);
        _writer.Dispose();
    }

    internal RlhfDbContext CreateContext() => new(_options);

    internal static DbContextOptions<RlhfDbContext> Options(string path) =>
        new DbContextOptionsBuilder<RlhfDbContext>()
            .UseSqlite(ConnectionString(path))
            .AddInterceptors(ConnectionSettings.Instance, PreparedCommands.Interceptor.Instance)
            .Options;

    private static string ConnectionString(string path) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        ForeignKeys = true,
        DefaultTimeout = BusySeconds,
    }.ToString();

    /// <summary>
    /// Waits inside SQLite (a few milliseconds at a time) instead of in the provider's loop of 150 ms steps. No commit moves the
    /// write-ahead log into the database file: <see cref="WalCheckpoints"/> does that in the background.
    /// </summary>
    private sealed class ConnectionSettings : DbConnectionInterceptor
    {
        public static ConnectionSettings Instance { get; } = new();

        public override void ConnectionOpened(System.Data.Common.DbConnection connection, ConnectionEndEventData eventData) =>
            Apply(connection);

        public override Task ConnectionOpenedAsync(
            System.Data.Common.DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Apply(connection);
            return Task.CompletedTask;
        }

        private static void Apply(System.Data.Common.DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA busy_timeout = {BusySeconds * 1000}; PRAGMA wal_autocheckpoint = 0; "
                + $"PRAGMA journal_size_limit = {WalCheckpoints.LogLimit};";
            command.ExecuteNonQuery();
        }
    }
}
