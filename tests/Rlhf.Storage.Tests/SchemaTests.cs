using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests;

public sealed class SchemaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrations_make_what_the_entities_say()
    {
        await using var store = await Store.OpenAsync();
        await using var db = store.Database.OpenReadContext();
        Assert.False(db.Database.HasPendingModelChanges());
        Assert.Equal("wal", await db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode").SingleAsync(Cancellation));
        Assert.Equal(1, await db.Database.SqlQueryRaw<int>("SELECT foreign_keys AS Value FROM pragma_foreign_keys").SingleAsync(Cancellation));
    }

    [Fact]
    public async Task Several_that_start_together_make_one_database()
    {
        using var folder = new TemporaryFolder();
        var databases = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => RlhfDatabase.OpenAsync(folder["rlhf.db"]))));
        await Task.WhenAll(databases.Select((database, i) => new LabelingService(database).CreateProjectAsync($"project {i}", cancellation: Cancellation)));
        await using (var db = databases[0].OpenReadContext())
            Assert.Equal(6, await db.Projects.CountAsync(Cancellation));
        foreach (var database in databases)
            database.Dispose();
    }

    [Fact]
    public async Task What_a_killed_migration_left_does_not_block()
    {
        using var folder = new TemporaryFolder();
        Execute(folder["rlhf.db"], "CREATE TABLE \"__EFMigrationsLock\" (\"Id\" INTEGER NOT NULL CONSTRAINT \"PK___EFMigrationsLock\" PRIMARY KEY, \"Timestamp\" TEXT NOT NULL); INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01');");
        using var database = await RlhfDatabase.OpenAsync(folder["rlhf.db"], Cancellation);
        await using var db = database.OpenReadContext();
        Assert.Equal(0, await db.Projects.CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_later_version_and_other_files_are_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        (await RlhfDatabase.OpenAsync(folder["rlhf.db"], Cancellation)).Dispose();
        Execute(folder["rlhf.db"], "INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_Later', '99');");
        Assert.Contains("was made by a later version of this program (it has '29990101000000_Later')", await Store.RefusalAsync(() => RlhfDatabase.OpenAsync(folder["rlhf.db"])));
        File.WriteAllText(folder["text.db"], new string('x', 5000));
        Assert.Contains("cannot be opened as a database", await Store.RefusalAsync(() => RlhfDatabase.OpenAsync(folder["text.db"])));
        Directory.CreateDirectory(folder["folder.db"]);
        Assert.Contains("cannot be opened as a database", await Store.RefusalAsync(() => RlhfDatabase.OpenAsync(folder["folder.db"])));
    }

    [Fact]
    public async Task Content_tokens_and_times_come_back_as_they_were()
    {
        await using var store = await Store.OpenAsync();
        Message[] prompt = [new Message("system", [new Part(PartType.Text, "é🌸\u200b\"<")]), new Message(Message.User, [new Part(PartType.Image, Blob: "ab12"), new Part(PartType.Text, "")])];
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project, [new NewTask(prompt, [NewCompletion.FromText("x") with { TokenIds = [1, -2, int.MaxValue], LogProbs = [-0.5f, float.MinValue, 0] }])], cancellation: Cancellation);
        await using var db = store.Database.OpenReadContext();
        var task = await db.Tasks.Include(t => t.Completions).ThenInclude(c => c.Tokens).SingleAsync(Cancellation);
        Assert.Equivalent(prompt, task.Context, strict: true);
        Assert.Equal(store.Clock.Now, task.Created);
        Assert.Equal([1, -2, int.MaxValue], task.Completions[0].Tokens!.Ids);
        Assert.Equal([-0.5f, float.MinValue, 0], task.Completions[0].Tokens!.LogProbs);
        // Ids are UUIDv7: their version is in the 13th digit.
        Assert.Equal('7', task.Id.ToString()[14]);
    }

    [Fact]
    public async Task A_write_that_throws_leaves_nothing()
    {
        await using var store = await Store.OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Database.WriteAsync(async db =>
        {
            db.Annotators.Add(new Annotator());
            await db.SaveChangesAsync(Cancellation);
            throw new InvalidOperationException();
        }, Cancellation));
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(0, await db.Annotators.CountAsync(Cancellation));
    }

    [Fact]
    public void Home_names_its_files_and_keeps_paths_inside_relative()
    {
        using var folder = new TemporaryFolder();
        var home = Home.Open(folder["home"]);
        var run = Guid.CreateVersion7();
        Assert.True(Directory.Exists(home.Runs));
        Assert.Equal(Path.Combine(home.Root, "runs", run.ToString(), "run.db"), home.RunDatabase(run));
        Assert.Equal($"runs/{run}/model", home.Relative(Path.Combine(home.RunFolder(run), "model")));
        Assert.Equal(Path.Combine(home.RunFolder(run), "model"), home.Absolute($"runs/{run}/model"));
        Assert.Equal(folder["elsewhere"], home.Relative(folder["elsewhere"]));
        File.WriteAllText(folder["file"], "");
        Assert.Contains("cannot be the home folder", Assert.Throws<Core.UserError>(() => Home.Open(folder["file"])).Message);
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
