using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;

namespace Rlhf.Storage;

/// <summary>Brings a database to this version's schema when it is opened.</summary>
internal static class SchemaUpdate
{
    public static async Task ApplyAsync(RlhfDatabase database, CancellationToken cancellation)
    {
        // A lock on a file is gone when its process is; the lock that the migrator itself keeps in a table is not.
        using var held = await LockAsync(database.FilePath + ".lock", cancellation);
        await using var context = database.CreateContext();
        bool existed = File.Exists(database.FilePath);
        if (existed)
        {
            string[] known = [.. context.Database.GetMigrations()];
            var applied = (await context.Database.GetAppliedMigrationsAsync(cancellation)).ToArray();
            if (applied.Except(known).FirstOrDefault() is { } later)
                throw new UserError($"{database.FilePath}: was made by a later version of this program (it has '{later}'); use that version, or another home folder");
            if (applied.Length == known.Length)
                return;
            // Nobody else is here: a row in the migrator's own lock was left by a process that was killed.
            await context.Database.ExecuteSqlRawAsync("CREATE TABLE IF NOT EXISTS \"__EFMigrationsLock\" (\"Id\" INTEGER NOT NULL CONSTRAINT \"PK___EFMigrationsLock\" PRIMARY KEY, \"Timestamp\" TEXT NOT NULL); DELETE FROM \"__EFMigrationsLock\";", cancellation);
        }
        await context.Database.MigrateAsync(cancellation);
        // Readers go on while someone writes; the mode stays with the file.
        await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL;", cancellation);
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (UnauthorizedAccessException exception)
            {
                throw new UserError($"{path}: cannot be written: {exception.Message}", exception);
            }
            catch (IOException exception)
            {
                if (waited.Elapsed > TimeSpan.FromSeconds(RlhfDatabase.BusySeconds))
                    throw new UserError($"{path}: cannot be locked; is another process opening this home folder? ({exception.Message})", exception);
                await Task.Delay(50, cancellation);
            }
        }
    }
}
