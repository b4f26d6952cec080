using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Rlhf.Core;
using Rlhf.Storage;

namespace Rlhf.LabelingUi.Features.Account.Store;

/// <summary>One accounts.db, readable by its owner only. Several processes may have it open.</summary>
public sealed class AccountsDatabase : IDisposable
{
    private const int BusySeconds = 30;

    private readonly string _path;
    private readonly DbContextOptions<AccountsContext> _options;

    private AccountsDatabase(string path)
    {
        _path = path;
        _options = Options(path);
    }

    /// <summary>Opens the accounts of a home folder; makes them, or brings them to this version's schema, where needed.</summary>
    /// <exception cref="UserError">They cannot be opened, or were written by a later version.</exception>
    public static AccountsDatabase Open(Home home)
    {
        var database = new AccountsDatabase(home.Accounts);
        try
        {
            OwnerOnly(home.Accounts);
            database.Migrate();
            return database;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            database.Dispose();
            throw new UserError($"{home.Accounts}: cannot be opened as the database of accounts: {exception.Message.TrimEnd('.')}; "
                + "its owner must be who runs this program", exception);
        }
    }

    public AccountsContext CreateContext() => new(_options);

    /// <summary>
    /// Removes the account of an annotator, and everything with it, so that nothing of it can be read from the file.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> EraseAsync(Guid annotator, CancellationToken cancellation = default)
    {
        await using var context = CreateContext();
        int removed = await context.Users.Where(a => a.AnnotatorId == annotator).ExecuteDeleteAsync(cancellation);
        // Also where nothing was removed now: an earlier try may have ended here.
        await context.Database.ExecuteSqlRawAsync("VACUUM;", cancellation);
        await context.Database.OpenConnectionAsync(cancellation);
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE);";
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellation)) == 0
            ? removed > 0
            : throw new UserError($"{_path}: another process is reading the accounts, so that what was removed is still in {_path}-wal; "
                + "end it and do this again");
    }

    public void Dispose()
    {
        // Pooled connections would keep the file open.
        using var connection = new SqliteConnection(ConnectionString(_path));
        SqliteConnection.ClearPool(connection);
    }

    private void Migrate()
    {
        // A lock on a file is gone when its process is; the lock that the migrator itself keeps in a table is not.
        using var held = LockFile.Take(_path + ".lock", TimeSpan.FromSeconds(BusySeconds));
        using var context = CreateContext();
        string[] known = [.. context.Database.GetMigrations()];
        string[] applied = [.. context.Database.GetAppliedMigrations()];
        if (applied.Except(known).FirstOrDefault() is { } later)
            throw new UserError($"{_path}: was written by a later version of this program (it has '{later}'); "
                + "use that version, or another --home");
        if (applied.Length < known.Length)
        {
            context.Database.ExecuteSqlRaw("DROP TABLE IF EXISTS \"__EFMigrationsLock\";");
            context.Database.Migrate();
        }
        context.Database.ExecuteSqlRaw("PRAGMA journal_mode = WAL;");
    }

    /// <summary>The files that SQLite makes beside it get the same mode.</summary>
    internal static void OwnerOnly(string path)
    {
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        new FileStream(path, options).Dispose();
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != mode)
            File.SetUnixFileMode(path, mode);
    }

    private static DbContextOptions<AccountsContext> Options(string path) =>
        new DbContextOptionsBuilder<AccountsContext>().UseSqlite(ConnectionString(path)).AddInterceptors(new ConnectionSettings()).Options;

    private static string ConnectionString(string path) =>
        new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = BusySeconds }.ToString();

    /// <summary>What is deleted is overwritten, and waiting happens inside SQLite.</summary>
    private sealed class ConnectionSettings : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

        public override Task ConnectionOpenedAsync(
            DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Apply(connection);
            return Task.CompletedTask;
        }

        private static void Apply(DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA busy_timeout = {BusySeconds * 1000}; PRAGMA secure_delete = ON;";
            command.ExecuteNonQuery();
        }
    }

    /// <summary>For <c>dotnet ef migrations add NAME</c>; the program itself never uses it.</summary>
    internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<AccountsContext>
    {
        public AccountsContext CreateDbContext(string[] args) => new(Options("design-time.db"));
    }
}
