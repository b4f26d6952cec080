using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Account.Store;

/// <summary>
/// The accounts beside a backup of rlhf.db. A restore takes them only where the home folder has none (on another machine, say): who may
/// sign in now is not set back to who might then.
/// </summary>
public static class AccountsBackup
{
    /// <summary>The file of the accounts that belongs to a backup.</summary>
    public static string PathOf(string backup) => backup + ".accounts";

    /// <summary>
    /// Copies the accounts, readable by their owner only. To be done before the copy of rlhf.db, which then has all of their annotators.
    /// </summary>
    /// <returns>The file; null where the home folder has no accounts.</returns>
    /// <exception cref="UserError">The file is there already, or cannot be written.</exception>
    public static async Task<string?> CreateAsync(Home home, string backup, CancellationToken cancellation = default)
    {
        if (!File.Exists(home.Accounts))
            return null;
        string path = Path.GetFullPath(PathOf(backup)), partial = path + ".partial";
        if (File.Exists(path))
            throw new UserError($"{path}: exists already; give the name of a new file");
        using var database = AccountsDatabase.Open(home);
        try
        {
            File.Delete(partial);
            // SQLite writes into an empty file too, which then has the right mode from the first byte on.
            AccountsDatabase.OwnerOnly(partial);
            await using (var context = database.CreateContext())
                await context.Database.ExecuteSqlAsync($"VACUUM INTO {partial}", cancellation);
            File.Move(partial, path);
            return path;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new UserError($"{path}: the accounts cannot be written: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    /// <summary>
    /// After rlhf.db was restored: takes the accounts of the backup where there are none, removes those of annotators who were erased, and
    /// gives accounts that are younger than the backup their annotators back.
    /// </summary>
    /// <returns>How many accounts were taken.</returns>
    /// <exception cref="UserError">The accounts of the backup cannot be read.</exception>
    public static async Task<int> RestoreAsync(Home home, string backup, CancellationToken cancellation = default)
    {
        using var rlhf = await RlhfDatabase.OpenAsync(home.Database, cancellation);
        using var database = await TakeAsync(home, PathOf(backup), cancellation);
        List<Guid> annotators;
        await using (var context = database.CreateContext())
            annotators = await context.Users.Select(a => a.AnnotatorId).ToListAsync(cancellation);
        Dictionary<Guid, bool> known;
        await using (var db = rlhf.OpenReadContext())
            known = await db.Annotators.Where(a => annotators.Contains(a.Id))
                .ToDictionaryAsync(a => a.Id, a => a.Erased != null, cancellation);
        foreach (var (annotator, _) in known.Where(pair => pair.Value))
            await database.EraseAsync(annotator, cancellation);
        await rlhf.WriteAsync(db =>
        {
            foreach (var annotator in annotators.Where(id => !known.ContainsKey(id)))
                db.Annotators.Add(new Annotator { Id = annotator, Description = "person", Created = DateTimeOffset.UtcNow });
            return Task.CompletedTask;
        }, cancellation);
        return annotators.Count;
    }

    /// <summary>The accounts of the home folder; those of the backup where it has none.</summary>
    private static async Task<AccountsDatabase> TakeAsync(Home home, string copy, CancellationToken cancellation)
    {
        var database = AccountsDatabase.Open(home);
        await using var context = database.CreateContext();
        if (!File.Exists(copy) || await context.Users.AnyAsync(cancellation))
            return database;
        try
        {
            await context.Database.CloseConnectionAsync();
            database.Dispose();
            foreach (string suffix in (string[])["-wal", "-shm"])
                File.Delete(home.Accounts + suffix);
            File.Copy(copy, home.Accounts, overwrite: true);
            return AccountsDatabase.Open(home);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{copy}: the accounts cannot be restored: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
