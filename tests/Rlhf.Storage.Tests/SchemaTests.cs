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
        Assert.Equal("wal", await db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode")
            .SingleAsync(Cancellation));
        Assert.Equal(1, await db.Database.SqlQueryRaw<int>("SELECT foreign_keys AS Value FROM pragma_foreign_keys")
            .SingleAsync(Cancellation));
    }

    [Fact]
    public async Task Several_that_start_together_make_one_database()
    {
        using var folder = new TemporaryFolder();
        var databases = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => RlhfDatabase.OpenAsync(folder["rlhf.db"]))));
        await Task.WhenAll(databases.Select((database, i) =>
            new LabelingService(database).CreateProjectAsync($"project {i}", cancellation: Cancellation)));
        await using (var db = databases[0].OpenReadContext())
            Assert.Equal(6, await db.Projects.CountAsync(Cancellation));
        foreach (var database in databases)
            database.Dispose();
    }

    [Fact]
    public async Task What_a_killed_migration_left_does_not_block()
    {
        using var folder = new TemporaryFolder();
        Execute(folder["rlhf.db"], "CREATE TABLE \"__EFMigrationsLock\" "
            + "(\"Id\" INTEGER NOT NULL CONSTRAINT \"PK___EFMigrationsLock\" PRIMARY KEY, \"Timestamp\" TEXT NOT NULL); "
            + "INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01');");
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
        Assert.Contains("was written by a later version of this program (it has '29990101000000_Later')",
            await Store.RefusalAsync(() => RlhfDatabase.OpenAsync(folder["rlhf.db"])));
        File.WriteAllText(folder["text.db"], new string('x', 5000));
        Assert.Contains("cannot be opened as a database", await Store.RefusalAsync(() => RlhfDatabase.OpenAsync(folder["text.db"])));
        Directory.CreateDirectory(folder["folder.db"]);
        Assert.Contains("cannot be opened as a database", await Store.RefusalAsync(() => RlhfDatabase.OpenAsync(folder["folder.db"])));
    }

    [Fact]
    public async Task Content_tokens_and_times_come_back_as_they_were()
    {
        await using var store = await Store.OpenAsync();
        Message[] prompt = [new Message("system", [new Part(PartType.Text, "é🌸\u200b\"<")]),
            new Message(Message.User, [new Part(PartType.Image, Blob: "ab12"), new Part(PartType.Text, "")])];
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(
            project,
            [new NewTask(
                prompt, [NewCompletion.FromText("x") with { TokenIds = [1, -2, int.MaxValue], LogProbs = [-0.5f, float.MinValue, 0] }])],
                cancellation: Cancellation);
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
        Assert.Equal(Path.Combine(home.Root, "runs", run.ToString(), "attempts", "2"), Home.AttemptFolder(home.RunFolder(run), 2));
        Assert.Equal($"runs/{run}/model", home.Relative(Path.Combine(home.RunFolder(run), "model")));
        Assert.Equal(Path.Combine(home.RunFolder(run), "model"), home.Absolute($"runs/{run}/model"));
        Assert.Equal(folder["elsewhere"], home.Relative(folder["elsewhere"]));
        File.WriteAllText(folder["file"], "");
        Assert.Contains(": is a file; --home", Assert.Throws<Core.UserError>(() => Home.Open(folder["file"])).Message);
    }

    [Fact]
    public async Task Every_trigger_of_the_list_is_there_and_comes_back()
    {
        using var folder = new TemporaryFolder();
        (await RlhfDatabase.OpenAsync(folder["rlhf.db"], Cancellation)).Dispose();
        // A rebuild of a table drops its triggers; a trigger of other words is replaced.
        Execute(folder["rlhf.db"], "DROP TRIGGER Annotations_Immutable; DROP TRIGGER Tasks_Counted; "
            + "CREATE TRIGGER Tasks_Counted AFTER INSERT ON Tasks BEGIN SELECT 1; END;");
        using var database = await RlhfDatabase.OpenAsync(folder["rlhf.db"], Cancellation);
        await using var db = database.OpenReadContext();
        Assert.Equal(Triggers.All, await Triggers.ReadAsync(db, Cancellation));
    }

    [Fact]
    public async Task A_restored_file_in_another_journal_mode_is_set_to_WAL()
    {
        using var folder = new TemporaryFolder();
        (await RlhfDatabase.OpenAsync(folder["rlhf.db"], Cancellation)).Dispose();
        Execute(folder["rlhf.db"], "PRAGMA journal_mode = DELETE;");
        using var database = await RlhfDatabase.OpenAsync(folder["rlhf.db"], Cancellation);
        await using var db = database.OpenReadContext();
        Assert.Equal("wal", await db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode")
            .SingleAsync(Cancellation));
    }

    [Theory]
    [InlineData("UPDATE Tasks SET Context = '[]'", "the content of a task never changes")]
    [InlineData("UPDATE Tasks SET Erased = 1, Context = '[]'", "the content of a task never changes")]
    [InlineData("UPDATE Completions SET Content = '[]'", "the content of a completion never changes")]
    [InlineData("UPDATE Annotations SET Salt = NULL", "an annotation never changes")]
    [InlineData("UPDATE Annotations SET Erased = 1, Answers = '{\"a\":{}}', Salt = NULL", "an annotation never changes")]
    [InlineData("UPDATE Annotations SET Kind = 'Gold'", "an annotation never changes")]
    [InlineData("UPDATE Annotations SET OrderShown = '[9]'", "an annotation never changes")]
    public async Task The_database_itself_keeps_content(string sql, string complaint)
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        await Storage.Tests.Labeling.LabelingTests.AnswerAllAsync(store, project);
        var refusal = await Assert.ThrowsAsync<SqliteException>(() => store.Database.WriteAsync(
            db => db.Database.ExecuteSqlRawAsync(sql.Replace("{", "{{").Replace("}", "}}"), Cancellation), Cancellation));
        Assert.Contains(complaint, refusal.Message);
    }

    /// <summary>All values of a table, by column.</summary>
    internal static SortedDictionary<string, List<string>> Dump(string path, string table, string order = "Id")
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {table} ORDER BY {order}";
        using var reader = command.ExecuteReader();
        var columns = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        for (int i = 0; i < reader.FieldCount; i++)
            columns[reader.GetName(i)] = [];
        while (reader.Read())
        {
            for (int i = 0; i < reader.FieldCount; i++)
                columns[reader.GetName(i)].Add(reader.GetValue(i).ToString()!);
        }
        return columns;
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
