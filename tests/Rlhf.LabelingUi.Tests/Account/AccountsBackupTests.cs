using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Account;

public sealed class AccountsBackupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Backup => _folder["backup.db"];

    [Fact]
    public async Task On_another_machine_the_accounts_come_back_with_their_annotators()
    {
        var home = Home.Open(_folder["home"]);
        var ana = await AddAsync(home, "ana");
        await BackUpAsync(home);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(AccountsBackup.PathOf(Backup)));
        var other = Home.Open(_folder["other"]);
        Assert.Equal(1, await RestoreAsync(other));
        Assert.Equal([("ana", ana)], await AccountsAsync(other));
    }

    [Fact]
    public async Task Who_may_sign_in_now_stays_and_younger_accounts_keep_an_annotator()
    {
        var home = Home.Open(_folder["home"]);
        var ana = await AddAsync(home, "ana");
        await BackUpAsync(home);
        var ben = await AddAsync(home, "ben");
        await RestoreAsync(home);
        Assert.Equal([("ana", ana), ("ben", ben)], await AccountsAsync(home));
        using var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation);
        await using var db = database.OpenReadContext();
        Assert.True(await db.Annotators.AnyAsync(a => a.Id == ben, Cancellation));
    }

    [Fact]
    public async Task Who_was_erased_does_not_come_back()
    {
        var home = Home.Open(_folder["home"]);
        var ana = await AddAsync(home, "ana");
        await BackUpAsync(home);
        using (var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation))
            await new Erasures(database, home).EraseAsync(ErasureKind.Annotator, ana, Cancellation);
        // The accounts are lost too; the log of erasures is not.
        foreach (string file in Directory.GetFiles(home.Root, "accounts.db*"))
            File.Delete(file);
        await RestoreAsync(home);
        Assert.Empty(await AccountsAsync(home));
    }

    [Fact]
    public async Task A_file_that_is_there_is_not_overwritten()
    {
        var home = Home.Open(_folder["home"]);
        Assert.Null(await AccountsBackup.CreateAsync(home, Backup, Cancellation));
        await AddAsync(home, "ana");
        await BackUpAsync(home);
        var refused = await Assert.ThrowsAsync<UserError>(() => AccountsBackup.CreateAsync(home, Backup, Cancellation));
        Assert.Contains("exists already", refused.Message);
    }

    public void Dispose() => _folder.Dispose();

    private async Task BackUpAsync(Home home)
    {
        using var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation);
        await AccountsBackup.CreateAsync(home, Backup, Cancellation);
        await Backups.CreateAsync(database, Backup, Cancellation);
    }

    private async Task<int> RestoreAsync(Home home)
    {
        await Backups.RestoreAsync(home, Backup, Cancellation);
        return await AccountsBackup.RestoreAsync(home, Backup, Cancellation);
    }

    private static async Task<Guid> AddAsync(Home home, string name) => await WithAsync(home, async accounts =>
        (await accounts.AddAsync(name, AccountRole.Annotator, password: null, Cancellation)).AnnotatorId);

    private static Task<(string, Guid)[]> AccountsAsync(Home home) => WithAsync(home, async accounts =>
        (await accounts.ListAsync(Cancellation)).Select(account => (account.Name, account.AnnotatorId)).ToArray());

    private static async Task<T> WithAsync<T>(Home home, Func<Accounts, Task<T>> work)
    {
        using var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation);
        await using var services = AccountServices.Build(home, database);
        await using var scope = services.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<Accounts>());
    }
}
