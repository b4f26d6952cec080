using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Erasure;

public sealed class BackupTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_backup_has_all_that_was_in_it_but_what_was_erased_since()
    {
        using var folder = new TemporaryFolder();
        var home = Home.Open(folder["home"]);
        string backup = folder["backup.db"];
        using (var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation))
        {
            var labeling = new LabelingService(database);
            var project = await labeling.CreateProjectAsync("p", cancellation: Cancellation);
            await labeling.AddTasksAsync(project, [Store.Task("one", "a", "b"), Store.Task("two", "a", "b")], cancellation: Cancellation);
            await Backups.CreateAsync(database, backup, Cancellation);
            Assert.Contains("exists already", await Store.RefusalAsync(() => Backups.CreateAsync(database, backup)));
            var annotator = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
            var task = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await new Erasures(database, home).EraseAsync(ErasureKind.Prompt, task.TaskId, Cancellation);
        }
        Assert.Equal(1, await Backups.RestoreAsync(home, backup, Cancellation));
        Assert.True(File.Exists(home.Database + ".before-restore"));
        using (var restored = await RlhfDatabase.OpenAsync(home.Database, Cancellation))
        {
            await using var db = restored.OpenReadContext();
            // What came after the backup is gone; what was erased after it stays erased.
            Assert.Equal(0, await db.Annotators.CountAsync(Cancellation));
            Assert.Equal([true, false], await db.Tasks.OrderBy(t => t.Position).Select(t => t.Erased != null).ToListAsync(Cancellation));
        }
        File.WriteAllText(folder["text"], new string('x', 5000));
        Assert.Contains("is not a backup", await Store.RefusalAsync(() => Backups.RestoreAsync(home, folder["text"])));
        Assert.Contains("no such file", await Store.RefusalAsync(() => Backups.RestoreAsync(home, folder["missing"])));
        using var after = await RlhfDatabase.OpenAsync(home.Database, Cancellation);
    }
}
