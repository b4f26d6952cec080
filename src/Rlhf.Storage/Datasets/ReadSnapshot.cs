using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Rlhf.Storage.Datasets;

/// <summary>A context all of whose queries see the database as it was at the first of them. Writers go on meanwhile.</summary>
internal sealed class ReadSnapshot : IAsyncDisposable
{
    private readonly RlhfDatabase _database;
    private readonly SqliteTransaction _transaction;

    private ReadSnapshot(RlhfDatabase database, RlhfDbContext context, SqliteTransaction transaction) =>
        (_database, Context, _transaction) = (database, context, transaction);

    public RlhfDbContext Context { get; }

    public static async Task<ReadSnapshot> OpenAsync(RlhfDatabase database, CancellationToken cancellation)
    {
        var context = database.OpenReadContext();
        try
        {
            await context.Database.OpenConnectionAsync(cancellation);
            // Deferred: it takes no write lock, and with the write-ahead log it blocks no writer.
            var transaction = ((SqliteConnection)context.Database.GetDbConnection()).BeginTransaction(deferred: true);
            await context.Database.UseTransactionAsync(transaction, cancellation);
            return new ReadSnapshot(database, context, transaction);
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await Context.DisposeAsync();
        // The write-ahead log could not be emptied meanwhile.
        await _database.CheckpointAsync();
    }
}
