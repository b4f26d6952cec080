using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Storage.Erasure;

/// <summary>Copies of the database, made while people label, and put back; what was erased since does not come back with them.</summary>
public static class Backups
{
    /// <summary>
    /// Writes a copy of the database as it is at this moment, readable by its owner only. Others can read and write meanwhile.
    /// </summary>
    /// <exception cref="UserError">The file is there already, or cannot be written.</exception>
    public static async Task CreateAsync(RlhfDatabase database, string path, CancellationToken cancellation = default)
    {
        string full = Path.GetFullPath(path), partial = full + ".partial";
        if (File.Exists(full))
            throw new UserError($"{path}: exists already; give the name of a new file");
        try
        {
            File.Delete(partial);
            // SQLite writes into an empty file too, which then has the right mode from the first byte on.
            var empty = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                empty.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            new FileStream(partial, empty).Dispose();
            await using (var db = database.OpenReadContext())
                await db.Database.ExecuteSqlAsync($"VACUUM INTO {partial}", cancellation);
            File.Move(partial, full);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            if (File.Exists(partial))
                File.Delete(partial);
            throw new UserError($"{path}: the backup cannot be written: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    /// <summary>
    /// Replaces a home folder's database by a backup, keeps the old file as <c>rlhf.db.before-restore</c>, migrates the backup to
    /// this version's schema and repeats the erasures made since. No other process may use the home folder.
    /// </summary>
    /// <returns>How many erasures changed something.</returns>
    /// <exception cref="UserError">Not a backup of such a database, or it cannot be copied. The database is as it was then.</exception>
    public static async Task<int> RestoreAsync(Home home, string backup, CancellationToken cancellation = default)
    {
        string database = home.Database, partial = database + ".partial", before = ReplacedPath(database);
        try
        {
            Check(backup);
            File.Copy(backup, partial, overwrite: true);
            foreach (string suffix in (string[])["", "-wal", "-shm"])
            {
                File.Delete(before + suffix);
                if (File.Exists(database + suffix))
                    File.Move(database + suffix, before + suffix);
            }
            File.Move(partial, database);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{backup}: cannot be restored to {database}: {exception.Message.TrimEnd('.')}", exception);
        }
        using var restored = await RlhfDatabase.OpenAsync(database, cancellation);
        return await new Erasures(restored, home).ReplayAsync(cancellation);
    }

    /// <summary>Where a restore keeps the database that it replaces.</summary>
    internal static string ReplacedPath(string database) => database + ".before-restore";

    /// <summary>Everything that would make the restored database unusable is found before the present one is touched.</summary>
    private static void Check(string backup)
    {
        if (!File.Exists(backup))
            throw new UserError($"{backup}: no such file; expected a backup made by rlhf backup");
        RegularFile.Check(backup);
        try
        {
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = backup, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            if (Rows(connection, "SELECT name FROM sqlite_master WHERE name IN ('__EFMigrationsHistory', 'Annotations')").Count != 2)
                throw new UserError($"{backup}: is not a backup made by rlhf backup: it has no annotations table");
            if (Rows(connection, "PRAGMA quick_check(1)") is [var fault] && fault != "ok")
                throw new UserError($"{backup}: is damaged ({fault.ReplaceLineEndings(" ")}); restore another backup");
            using var context = new RlhfDbContext(RlhfDatabase.Options(backup));
            if (Rows(connection, "SELECT MigrationId FROM __EFMigrationsHistory ORDER BY MigrationId")
                .Except(context.Database.GetMigrations()).FirstOrDefault() is { } later)
                throw new UserError(
                    $"{backup}: was written by a later version of this program (it has '{later}'); restore it with that version");
        }
        catch (SqliteException exception)
        {
            throw new UserError($"{backup}: is not a backup made by rlhf backup: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private static List<string> Rows(SqliteConnection connection, string query)
    {
        using var command = connection.CreateCommand();
        command.CommandText = query;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
