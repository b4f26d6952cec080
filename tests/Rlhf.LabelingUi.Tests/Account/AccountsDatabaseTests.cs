using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.LabelingUi.Features.Account.Tokens;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Account;

public sealed class AccountsDatabaseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Only_the_owner_can_read_it()
    {
        if (OperatingSystem.IsWindows())
            return;
        var home = Home.Open(_folder.Path);
        using (var database = AccountsDatabase.Open(home))
        {
            using var context = database.CreateContext();
            context.Users.Add(new UserAccount { UserName = "ana" });
            context.SaveChanges();
            foreach (string file in new[] { home.Accounts, home.Accounts + "-wal", home.Accounts + "-shm" })
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        File.SetUnixFileMode(home.Accounts, File.GetUnixFileMode(home.Accounts) | UnixFileMode.OtherRead);
        AccountsDatabase.Open(home).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(home.Accounts));
    }

    [Fact]
    public void Several_processes_may_make_it_at_once()
    {
        var home = Home.Open(_folder.Path);
        Parallel.For(0, 8, _ => AccountsDatabase.Open(home).Dispose());
        using var database = AccountsDatabase.Open(home);
        using var context = database.CreateContext();
        Assert.Empty(context.Users);
    }

    [Fact]
    public void What_is_no_such_database_or_a_later_one_is_refused()
    {
        var home = Home.Open(_folder.Path);
        AccountsDatabase.Open(home).Dispose();
        using (var connection = new SqliteConnection($"Data Source={home.Accounts};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO __EFMigrationsHistory VALUES ('99990101000000_Later', '99')";
            command.ExecuteNonQuery();
        }
        Assert.Contains("later version", Assert.Throws<UserError>(() => AccountsDatabase.Open(home)).Message);
        foreach (string file in Directory.GetFiles(_folder.Path, "accounts.db*"))
            File.Delete(file);
        File.WriteAllText(home.Accounts, "this is not a database, but a text of some length");
        Assert.Contains(home.Accounts, Assert.Throws<UserError>(() => AccountsDatabase.Open(home)).Message);
    }

    [Fact]
    public async Task What_is_erased_is_in_no_byte_of_the_file()
    {
        var home = Home.Open(_folder.Path);
        using var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation);
        await using var services = AccountServices.Build(home, database);
        await using var scope = services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<Accounts>();
        var gone = await accounts.AddAsync("Anastasia of the tests", AccountRole.Annotator, "a sentence of her own", Cancellation);
        await scope.ServiceProvider.GetRequiredService<ApiTokens>().CreateAsync(gone.Id, "a token's description", null, Cancellation);
        var stays = await accounts.AddAsync("Benjamin", AccountRole.Annotator, null, Cancellation);
        Assert.NotEmpty(FilesWith("Anastasia"));
        Assert.True(await services.GetRequiredService<AccountsDatabase>().EraseAsync(gone.AnnotatorId, Cancellation));
        string[] texts = ["Anastasia", "ANASTASIA", "a token's description", gone.PasswordHash!, gone.AnnotatorId.ToString()];
        foreach (string text in texts)
            Assert.Empty(FilesWith(text));
        Assert.Equal([stays.Id], (await accounts.ListAsync(Cancellation)).Select(account => account.Id));
        Assert.False(await services.GetRequiredService<AccountsDatabase>().EraseAsync(gone.AnnotatorId, Cancellation));
    }

    public void Dispose() => _folder.Dispose();

    private IEnumerable<string> FilesWith(string text) => Directory.GetFiles(_folder.Path, "accounts.db*").Where(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    });
}
