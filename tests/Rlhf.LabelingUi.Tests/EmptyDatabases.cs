using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests;

/// <summary>
/// The two databases of an empty home folder, made once: migrations in every test would take most of its time. Tests of the migrations
/// themselves are elsewhere.
/// </summary>
internal static class EmptyDatabases
{
    private static readonly Lazy<Task<(byte[] Database, byte[] Accounts)>> Made = new(MakeAsync);

    public static async Task WriteToAsync(Home home)
    {
        var (database, accounts) = await Made.Value;
        await File.WriteAllBytesAsync(home.Database, database);
        await File.WriteAllBytesAsync(home.Accounts, accounts);
    }

    private static async Task<(byte[] Database, byte[] Accounts)> MakeAsync()
    {
        using var folder = new TemporaryFolder();
        var home = Home.Open(folder.Path);
        (await RlhfDatabase.OpenAsync(home.Database)).Dispose();
        AccountsDatabase.Open(home).Dispose();
        return (await File.ReadAllBytesAsync(home.Database), await File.ReadAllBytesAsync(home.Accounts));
    }
}
