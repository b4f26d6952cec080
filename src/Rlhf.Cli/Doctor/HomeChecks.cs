using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Rlhf.Storage;

namespace Rlhf.Cli.Doctor;

/// <summary>The home folder and its database, looked at without touching them.</summary>
internal static class HomeChecks
{
    private const long EnoughDisk = 1L << 30;
    private const int WriteAndEnter = 3; // W_OK | X_OK of access(2)

    public static IEnumerable<CheckResult> Run(Home home)
    {
        yield return Folder(home.Root);
        yield return Database(home.Database);
    }

    private static CheckResult Folder(string path)
    {
        if (File.Exists(path))
            return new CheckResult("home", Verdict.Bad, $"{path} is a file; --home or {Home.Variable} should name a folder");
        string existing = path;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? Path.GetPathRoot(path)!;
        string state = existing == path ? "" : " (not there yet: made when it is first needed)";
        if (!OperatingSystem.IsWindows() && Access(existing, WriteAndEnter) != 0)
            return new CheckResult("home", Verdict.Bad,
                $"{path}: {existing} cannot be written; --home or {Home.Variable} names another folder");
        long free = new DriveInfo(existing).AvailableFreeSpace;
        return free >= EnoughDisk
            ? new CheckResult("home", Verdict.Ok, $"{path}{state}, {CheckResult.Gibibytes(free)} free")
            : new CheckResult("home", Verdict.Note, $"{path}{state}: only {CheckResult.Gibibytes(free)} free");
    }

    private static CheckResult Database(string path)
    {
        if (!File.Exists(path))
            return new CheckResult("database", Verdict.Ok, $"{path} (not there yet: made when it is first needed)");
        try
        {
            // Immutable: SQLite then takes no lock and makes no file beside it, even if another process has it open.
            string uri = "file:" + string.Join('/', path.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString)) + "?immutable=1";
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = uri, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            string version = QueryScalar(connection, "SELECT sqlite_version()") ?? "";
            string? migration = QueryScalar(connection, "SELECT name FROM sqlite_master WHERE name = '__EFMigrationsHistory'") is null
                ? null
                : QueryScalar(connection, "SELECT MigrationId FROM __EFMigrationsHistory ORDER BY MigrationId DESC LIMIT 1");
            return migration is null
                ? new CheckResult("database", Verdict.Bad,
                    $"{path} is not a database created by this program; move it away or give another --home")
                : new CheckResult("database", Verdict.Ok, $"{path}, {migration}, SQLite {version}");
        }
        catch (SqliteException e)
        {
            return new CheckResult("database", Verdict.Bad, $"{path} cannot be read: {e.Message}");
        }
    }

    private static string? QueryScalar(SqliteConnection connection, string question)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The questions are the constants above.
        command.CommandText = question;
#pragma warning restore CA2100
        return command.ExecuteScalar() as string;
    }

    [DllImport("libc", EntryPoint = "access", BestFitMapping = false)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
}
