using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests;

/// <summary>A clock that a test sets forward.</summary>
public sealed class SetClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>A database in a folder of its own.</summary>
public sealed class Store : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private Store()
    {
    }

    public RlhfDatabase Database { get; private set; } = null!;

    public SetClock Clock { get; } = new();

    public LabelingService Labeling => new(Database, Clock);

    public string this[string relative] => _folder[relative];

    public static async Task<Store> OpenAsync()
    {
        var store = new Store();
        store.Database = await RlhfDatabase.OpenAsync(store["rlhf.db"], TestContext.Current.CancellationToken);
        return store;
    }

    /// <summary>A project with tasks "prompt i" of the completions "a i", "b i" …</summary>
    public async Task<Guid> ProjectAsync(
        int tasks, int overlap = 1, int completions = 2, string name = "project", params Question[] questions)
    {
        var project = await Labeling.CreateProjectAsync(name, overlap, questions.Length == 0 ? null : questions);
        Assert.Equal(tasks, await Labeling.AddTasksAsync(
            project, Enumerable.Range(0, tasks)
                .Select(i => Task($"prompt {i}", [.. Enumerable.Range(0, completions).Select(c => $"{(char)('a' + c)} {i}")]))));
        return project;
    }

    public static NewTask Task(string prompt, params string[] completions) =>
        new(LabelingService.Prompt(prompt), [.. completions.Select(NewCompletion.FromText)]);

    public static Answers Ranks(params int[] ranks) => Answers.OfRanking(Answer.FromRanks(ranks));

    public static async Task<string> RefusalAsync(Func<Task> action) => (await Assert.ThrowsAsync<UserError>(action)).Message;

    public ValueTask DisposeAsync()
    {
        Database.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
