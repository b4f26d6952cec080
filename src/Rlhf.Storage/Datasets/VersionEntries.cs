using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Rlhf.Core;

namespace Rlhf.Storage.Datasets;

/// <summary>An entry of a dataset version that is being made.</summary>
internal readonly record struct VersionEntry(Guid Annotation, Digest Hash, double Weight);

/// <summary>The rows that say which annotations a dataset version holds.</summary>
internal static class VersionEntries
{
    /// <summary>Rows in one transaction, some 5 ms, a multiple of it on a busy machine; other writers come in between.</summary>
    internal const int BatchSize = 500;

    /// <summary>The annotations of a version with the hashes that it keeps of them.</summary>
    public static IQueryable<SelectedAnnotation> Of(RlhfDbContext db, Guid version) =>
        from e in db.DatasetVersionEntries
        join a in db.Annotations on e.AnnotationId equals a.Id
        where e.DatasetVersionId == version
        select new SelectedAnnotation { Row = a, EntryHash = e.Hash };

    /// <summary>Grows with every erasure.</summary>
    public static async Task<long> ErasuresAsync(RlhfDbContext db, CancellationToken cancellation) =>
        await db.Tombstones.MaxAsync(t => (long?)t.Id, cancellation) ?? 0;

    /// <summary>Writes the entries that are not there yet, some at a time.</summary>
    /// <exception cref="UserError">Something was erased meanwhile that they would bring back to a version.</exception>
    public static async Task AddAsync(
        RlhfDatabase database, Guid version, IReadOnlyList<VersionEntry> entries, long erasures, CancellationToken cancellation)
    {
        foreach (var batch in entries.Chunk(BatchSize))
        {
            var writing = Stopwatch.StartNew();
            await database.WriteAsync(async db =>
            {
                if (await ErasuresAsync(db, cancellation) != erasures)
                    throw new UserError("annotations were erased while a dataset version was made of them; make it again");
                await using var insert = (SqliteCommand)db.Database.GetDbConnection().CreateCommand();
                insert.Transaction = (SqliteTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
                insert.CommandText = "INSERT OR IGNORE INTO DatasetVersionEntries (DatasetVersionId, AnnotationId, Hash, Weight) "
                    + "VALUES (@version, @annotation, @hash, @weight)";
                insert.Parameters.AddWithValue("@version", version);
                var annotation = insert.Parameters.Add("@annotation", SqliteType.Text);
                var hash = insert.Parameters.Add("@hash", SqliteType.Blob);
                var weight = insert.Parameters.Add("@weight", SqliteType.Real);
                foreach (var entry in batch)
                {
                    (annotation.Value, hash.Value, weight.Value) = (entry.Annotation, entry.Hash.ToArray(), entry.Weight);
                    await insert.ExecuteNonQueryAsync(cancellation);
                }
            }, cancellation);
            // Writers of other processes look for a free lock every few milliseconds: they find it free half of the time.
            await Task.Delay(writing.Elapsed, cancellation);
        }
    }
}
