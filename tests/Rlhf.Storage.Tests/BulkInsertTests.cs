using Microsoft.Data.Sqlite;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests;

public sealed class BulkInsertTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_are_those_that_a_context_saves()
    {
        await using var store = await Store.OpenAsync();
        var first = await store.Labeling.CreateProjectAsync("one", cancellation: Cancellation);
        var second = await store.Labeling.CreateProjectAsync("two", cancellation: Cancellation);
        await store.Database.WriteAsync(async db => await db.Tasks.AddRangeAsync(Rows(first), Cancellation), Cancellation);
        await store.Database.WriteAsync(async db =>
        {
            var rows = Rows(second);
            var completions = rows.SelectMany(task => task.Completions).ToList();
            await BulkInsert.InsertAsync(db, rows, Cancellation);
            await BulkInsert.InsertAsync(db, completions, Cancellation);
            await BulkInsert.InsertAsync(db, completions.Select(completion => completion.Tokens!), Cancellation);
            await BulkInsert.InsertAsync(db, completions.SelectMany(completion => completion.Golds), Cancellation);
        }, Cancellation);

        using var connection = new SqliteConnection($"Data Source={store.Database.FilePath};Pooling=False");
        connection.Open();
        Assert.Equal(Read(connection, first), Read(connection, second));
        Assert.Equal(new LabelingProgress(2, 1, 3, 7), await store.Labeling.ProgressAsync(second, Cancellation));
    }

    /// <summary>One with everything that a task can have, and one with as little as possible.</summary>
    private static List<LabelingTask> Rows(Guid project)
    {
        var (full, bare) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        return
        [
            new LabelingTask
            {
                Id = full, ProjectId = project, Position = 3, Context = [Message.FromText(Message.User, "a prompt: ü, 漢, \"")],
                ContentKey = "a key", SplitGroup = "a group", Overlap = 6, Answered = 2, Open = true, RunId = Guid.Empty,
                PipelineRunId = Guid.Empty, Erased = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero),
                Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 7, TimeSpan.Zero), Completions = [Completion(full)],
            },
            new LabelingTask { Id = bare, ProjectId = project, ContentKey = "another", Answered = 1, Open = false },
        ];
    }

    private static Completion Completion(Guid task)
    {
        var id = Guid.CreateVersion7();
        return new Completion
        {
            Id = id,
            TaskId = task,
            Index = 4,
            Content = [Message.FromText(Message.Assistant, "an answer")],
            Context = [Message.FromText(Message.User, "its own context")],
            SamplingSettings = """{"temperature":0.7}""",
            Tokens = new CompletionTokens { CompletionId = id, Ids = [1, 70_000], LogProbs = [-0.1f, float.MinValue] },
            Golds = [new CompletionGold { CompletionId = id, GoldReward = "reviews", Score = 1.0 / 3 }],
        };
    }

    /// <summary>Every column of every table but the ids, as SQLite has it.</summary>
    private static List<string> Read(SqliteConnection connection, Guid project)
    {
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT t.*, '|', c.*, '|', k.*, '|', g.* FROM Tasks t LEFT JOIN Completions c ON c.TaskId = t.Id
            LEFT JOIN CompletionTokens k ON k.CompletionId = c.Id LEFT JOIN CompletionGolds g ON g.CompletionId = c.Id
            WHERE t.ProjectId = $project ORDER BY t.Position
            """;
        command.Parameters.AddWithValue("$project", project.ToString().ToUpperInvariant());
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join(' ', Enumerable.Range(0, reader.FieldCount)
                .Where(i => reader.GetName(i) is not ("Id" or "ProjectId" or "TaskId" or "CompletionId"))
                .Select(i => $"{reader.GetName(i)}={Text(reader.GetValue(i))}")));
        }
        return rows;
    }

    private static string Text(object value) =>
        value is byte[] bytes ? Convert.ToHexString(bytes) : $"{value.GetType().Name} {value}";
}
