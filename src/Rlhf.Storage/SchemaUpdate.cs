using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;

namespace Rlhf.Storage;

/// <summary>Brings a database to this version's schema when it is opened; keeps a copy of the file as it was before.</summary>
internal static class SchemaUpdate
{
    public static async Task ApplyAsync(RlhfDatabase database, CancellationToken cancellation)
    {
        // A lock on a file is gone when its process is; the lock that the migrator itself keeps in a table is not.
        using var held = await LockAsync(database.FilePath + ".lock", cancellation);
        await using var context = database.CreateContext();
        bool existed = File.Exists(database.FilePath);
        string[] known = [.. context.Database.GetMigrations()];
        string[] applied = existed ? [.. await context.Database.GetAppliedMigrationsAsync(cancellation)] : [];
        if (applied.Except(known).FirstOrDefault() is { } later)
            throw new UserError($"{database.FilePath}: was written by a later version of this program (it has '{later}'); "
                + "use that version, or another --home");
        if (applied.Length < known.Length)
        {
            if (applied.Length > 0)
                await CopyAsync(context, CopyPath(database.FilePath, known[^1]), cancellation);
            if (existed)
            {
                // Nobody else is here: a row in the migrator's own lock was left by a process that was killed.
                await context.Database.ExecuteSqlRawAsync(
                    """
                    CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" (
                        "Id" INTEGER NOT NULL CONSTRAINT "PK___EFMigrationsLock" PRIMARY KEY, "Timestamp" TEXT NOT NULL);
                    DELETE FROM "__EFMigrationsLock";
                    """, cancellation);
                await Triggers.DropAsync(context, cancellation);
            }
            await context.Database.MigrateAsync(cancellation);
        }
        await Triggers.EnsureAsync(context, cancellation);
        // Readers go on while someone writes. The mode stays with the file, but a restored copy may have another.
        await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL;", cancellation);
    }

    /// <summary>Where the database is copied to before it gets a migration.</summary>
    public static string CopyPath(string database, string migration) => $"{database}.before-{migration}";

    /// <summary>All copies that were kept of a database.</summary>
    public static IReadOnlyList<string> Copies(string database) =>
        Directory.GetFiles(Path.GetDirectoryName(database)!, Path.GetFileName(database) + ".before-*");

    private static async Task CopyAsync(RlhfDbContext context, string path, CancellationToken cancellation)
    {
        // Kept from an earlier start that was killed during the migration: that one is the original.
        if (File.Exists(path))
            return;
        string partial = path + ".partial";
        try
        {
            File.Delete(partial);
            await context.Database.ExecuteSqlAsync($"VACUUM INTO {partial}", cancellation);
            File.Move(partial, path);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new UserError($"{path}: the database cannot be copied before it is brought "
                + $"to this version's schema: {exception.Message.TrimEnd('.')}; make room and start again", exception);
        }
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
                    throw new UserError($"{path}: cannot be locked; is another process opening this home folder? ({exception.Message})",
                        exception);
                await Task.Delay(50, cancellation);
            }
        }
    }
}
