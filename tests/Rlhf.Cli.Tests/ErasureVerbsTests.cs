using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary><c>rlhf erase</c>, <c>rlhf backup</c> and <c>rlhf restore</c> as a person calls them.</summary>
public sealed class ErasureVerbsTests : IAsyncLifetime
{
    private const string Secret = "a prompt that nobody else would ask";

    private readonly TemporaryFolder _place = new();
    private Guid _task;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Home Home => new(_place["home"]);

    public async ValueTask InitializeAsync()
    {
        using var database = await RlhfDatabase.OpenAsync(Home.Database, Cancellation);
        var labeling = new LabelingService(database);
        var project = await labeling.CreateProjectAsync("project", cancellation: Cancellation);
        await labeling.AddTasksAsync(project,
            [new(LabelingService.Prompt(Secret), [NewCompletion.FromText("a"), NewCompletion.FromText("b")]),
                new(LabelingService.Prompt("other"), [NewCompletion.FromText("a"), NewCompletion.FromText("b")])],
            cancellation: Cancellation);
        var annotator = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        var task = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        _task = task.TaskId;
        await labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(Storage.Entities.Answer.FromRanks([1, 2])),
            cancellation: Cancellation);
    }

    public ValueTask DisposeAsync()
    {
        _place.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_was_erased_does_not_come_back_with_a_backup()
    {
        var backup = Rlhf("backup", _place["copy.db"]);
        Assert.Equal((0, ""), (backup.ExitCode, backup.Error));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_place["copy.db"]));
        Assert.Contains("exists already", Refused("backup", _place["copy.db"]));

        var erased = Rlhf("erase", "prompt", _task.ToString(), "--json");
        Assert.True(erased.ExitCode == 0, erased.Error);
        var result = JsonDocument.Parse(erased.Text).RootElement;
        Assert.Equal((1, 1), (result.GetProperty("annotations").GetInt32(), result.GetProperty("tasks").GetInt32()));

        var restored = Rlhf("restore", _place["copy.db"]);
        Assert.True(restored.ExitCode == 0, restored.Error);
        Assert.Contains("1 erasures repeated", restored.Text);
        Assert.Equal(1, await ErasedTasksAsync());
        // Again it changes nothing, and says so.
        Assert.StartsWith("erased 0 annotation revisions and 0 tasks", Rlhf("erase", "prompt", _task.ToString()).Text);
    }

    [Fact]
    public async Task A_backup_that_cannot_be_used_leaves_the_database_as_it_is()
    {
        Assert.Equal(0, Rlhf("backup", _place["good.db"]).ExitCode);
        byte[] good = File.ReadAllBytes(_place["good.db"]);
        File.WriteAllBytes(_place["cut.db"], good[..(good.Length / 2)]);
        byte[] overwritten = [.. good];
        overwritten.AsSpan(overwritten.Length / 4, overwritten.Length / 2).Fill(0xAA);
        File.WriteAllBytes(_place["overwritten.db"], overwritten);
        File.WriteAllText(_place["text.db"], new string('x', 10_000));
        File.WriteAllBytes(_place["later.db"], good);
        await using (var connection = new SqliteConnection($"Data Source={_place["later.db"]};Pooling=False"))
        {
            await connection.OpenAsync(Cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO __EFMigrationsHistory VALUES ('99990101000000_Later', '99.0.0')";
            await command.ExecuteNonQueryAsync(Cancellation);
        }
        Assert.Contains("no such file", Refused("restore", _place["none.db"]));
        Assert.Contains("is not a backup", Refused("restore", _place["text.db"]));
        Assert.Contains("cut.db: ", Refused("restore", _place["cut.db"]));
        Assert.Contains("overwritten.db: ", Refused("restore", _place["overwritten.db"]));
        Assert.Contains("was written by a later version of this program (it has '99990101000000_Later')",
            Refused("restore", _place["later.db"]));
        Assert.False(File.Exists(Home.Database + ".before-restore"));
        Assert.Equal(0, await ErasedTasksAsync());
    }

    [Fact]
    public void A_home_folder_that_a_hub_holds_is_not_replaced()
    {
        Assert.Equal(0, Rlhf("backup", _place["copy.db"]).ExitCode);
        using var hub = RlhfProgram.Start("serve", "--home", Home.Root, "--urls", "http://127.0.0.1:0");
        try
        {
            Assert.NotNull(hub.StandardOutput.ReadLine());
            Assert.Contains("its hub is running; stop it before restoring a backup", Refused("restore", _place["copy.db"]));
            Assert.Equal(0, Rlhf("backup", _place["beside.db"]).ExitCode);
        }
        finally
        {
            hub.Kill(entireProcessTree: true);
            hub.WaitForExit();
        }
    }

    [Fact]
    public void Mistakes_are_told_and_make_no_home_folder()
    {
        Assert.Contains("no annotator", Refused("erase", "annotator", Guid.Empty.ToString()));
        Assert.Contains("no annotation", Refused("erase", "annotation", Guid.Empty.ToString()));
        Assert.Contains("no labeling task", Refused("erase", "prompt", Guid.Empty.ToString()));
        Assert.Contains("'person'", Refused("erase", "person", Guid.Empty.ToString()));
        Assert.Contains("'me'", Refused("erase", "annotator", "me"));
        Assert.Contains("cannot be written", Refused("backup", _place["none/copy.db"]));
        foreach (string[] command in new[] { new[] { "erase", "annotator", Guid.Empty.ToString() }, ["backup", _place["other.db"]] })
            Assert.Contains("not a home folder", RlhfProgram.Refused([.. command, "--home", _place["mistyped"]]));
        Assert.False(Directory.Exists(_place["mistyped"]));
    }

    private async Task<int> ErasedTasksAsync()
    {
        using var database = await RlhfDatabase.OpenAsync(Home.Database, Cancellation);
        await using var db = database.OpenReadContext();
        Assert.Equal(2, await db.Tasks.CountAsync(Cancellation));
        return await db.Tasks.CountAsync(t => t.Erased != null, Cancellation);
    }

    private Answer Rlhf(params string[] arguments) => RlhfProgram.Run([.. arguments, "--home", Home.Root]);

    private string Refused(params string[] arguments) => RlhfProgram.Refused([.. arguments, "--home", Home.Root]);
}
