using System.IO.Compression;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests;

/// <summary>Databases that earlier versions of the program made open in this one, with all that was in them.</summary>
public sealed class OldDatabaseTests
{
    private static readonly string s_fixtures = Path.Combine(SharedData.RepositoryRoot, "tests", "Rlhf.Storage.Tests", "Fixtures");

    public static TheoryData<string> Fixtures =>
        [.. Directory.GetFiles(s_fixtures, "*.db.gz").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Opens_with_all_that_was_in_it(string fixture)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using (var gzip = new GZipStream(File.OpenRead(Path.Combine(s_fixtures, fixture)), CompressionMode.Decompress))
        await using (var file = File.Create(folder["rlhf.db"]))
            await gzip.CopyToAsync(file, cancellation);
        var before = SchemaTests.Dump(folder["rlhf.db"], "Annotations");
        string[] tables = Tables(folder["rlhf.db"]);
        var all = tables.ToDictionary(table => table, table => SchemaTests.Dump(folder["rlhf.db"], table, "1, 2"));
        using var database = await RlhfDatabase.OpenAsync(folder["rlhf.db"], cancellation);
        await using var db = database.OpenReadContext();
        var project = await db.Projects.Include(p => p.Versions).SingleAsync(cancellation);
        Assert.Equal("project", project.Name);
        Assert.Equal("wal", await db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode")
            .SingleAsync(cancellation));
        Assert.Equal(Triggers.All, await Triggers.ReadAsync(db, cancellation));
        Assert.Empty(await db.Database.SqlQueryRaw<string>("SELECT \"table\" AS Value FROM pragma_foreign_key_check")
            .ToListAsync(cancellation));
        // Nothing that was there before has changed in a column that was there before; the copy has it all as it was.
        foreach (var (column, values) in before)
            Assert.Equal(values, SchemaTests.Dump(folder["rlhf.db"], "Annotations")[column]);
        string? copy = SchemaUpdate.Copies(folder["rlhf.db"]).SingleOrDefault();
        bool current = fixture == db.Database.GetMigrations().Last() + ".db.gz";
        Assert.Equal(!current, copy is not null);
        foreach (string table in current ? tables : [])
        {
            Assert.True(all[table].First().Value.Count > 0, $"the fixture has no row in {table}");
            Assert.Equal(all[table], SchemaTests.Dump(folder["rlhf.db"], table, "1, 2"));
        }
        if (copy is not null)
            Assert.Equal(before, SchemaTests.Dump(copy, "Annotations"));
        // What rows of before have in new columns.
        Assert.All(await db.Assignments.ToListAsync(cancellation), a =>
            Assert.Equal((project.Id, project.Versions[0].Id), (a.ProjectId, a.ProjectVersionId)));
        Assert.Equal(2, (await db.Members.ToListAsync(cancellation)).Sum(m => m.Answered));
        Assert.Equal(new LabelingProgress(2, 2, 2, 2), await new LabelingService(database).ProgressAsync(project.Id, cancellation));
        Assert.Equal([true, false], await db.Annotations.OrderBy(a => a.Created).Where(a => a.Revision == 1).Select(a => a.IsSimulated)
            .ToListAsync(cancellation));
        Assert.Equal(RunState.Failed, (await db.Runs.SingleAsync(cancellation)).State);
        var written = await db.DatasetVersions.SingleAsync(cancellation);
        // It can still be written out, and the same annotations make the same file today.
        var versions = new DatasetVersions(database);
        var today = await versions.CreateAsync(new DatasetRequest { Projects = [project.Id] }, cancellation);
        Assert.Equal(2, (await versions.MaterializeAsync(written.Id, folder["then.jsonl"], cancellation: cancellation)).Lines);
        await versions.MaterializeAsync(today.Id, folder["today.jsonl"], cancellation: cancellation);
        Assert.Equal(File.ReadAllText(folder["then.jsonl"]), File.ReadAllText(folder["today.jsonl"]));
    }

    /// <summary>Run by name when a release is made: writes the database of this version beside the earlier ones.</summary>
    [Fact(Explicit = true)]
    public async Task Write_the_database_of_this_version()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2);
        foreach (bool simulated in new[] { true, false })
        {
            var annotator = await store.Labeling.CreateAnnotatorAsync(simulated, "fixture", cancellation: cancellation);
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: cancellation);
            if (!simulated)
                await store.Labeling.CorrectAsync(annotator, task.AssignmentId, 1, Store.Ranks(1, 1), cancellation: cancellation);
            store.Clock.Now += TimeSpan.FromMinutes(1);
        }
        await new DatasetVersions(store.Database, store.Clock).CreateAsync(new DatasetRequest { Projects = [project] }, cancellation);
        string migration = "";
        await store.Database.WriteAsync(async db =>
        {
            migration = db.Database.GetMigrations().Last();
            var lease = Guid.CreateVersion7();
            var run = new Run { Kind = "reward", Options = "{}", Created = store.Clock.Now };
            var queue = new RunQueue(db, store.Clock);
            await queue.EnqueueAsync(run);
            await queue.LeaseAsync(lease, "fixture", TimeSpan.FromMinutes(1));
            await queue.FailAsync(run.Id, lease, "as an example", FailureKind.Crashed);
            await AddOtherRowsAsync(db, project, store.Clock.Now);
        }, cancellation);
        await using (var db = store.Database.OpenReadContext())
            await db.Database.ExecuteSqlAsync($"VACUUM INTO {store["copy.db"]}", cancellation);
        await using var gzip = new GZipStream(File.Create(Path.Combine(s_fixtures, migration + ".db.gz")), CompressionLevel.SmallestSize);
        await gzip.WriteAsync(await File.ReadAllBytesAsync(store["copy.db"], cancellation), cancellation);
    }

    /// <summary>A row in every table that labeling and the queue have left empty. None of them changes what a dataset is made of.</summary>
    private static async Task AddOtherRowsAsync(RlhfDbContext db, Guid project, DateTimeOffset now)
    {
        var annotation = await db.Annotations.OrderBy(a => a.Created).FirstAsync();
        var completion = await db.Completions.OrderBy(c => c.TaskId).ThenBy(c => c.Index).FirstAsync();
        var parent = new Checkpoint { Kind = CheckpointKind.Policy, Path = "policy", Sha256 = "aa", Created = now };
        var child = new Checkpoint { Kind = CheckpointKind.Reward, Path = "reward", Sha256 = "bb", Created = now };
        child.Parents.Add(new CheckpointParent { ParentId = parent.Id, Role = "policy" });
        db.AddRange(
            new CompletionTokens { CompletionId = completion.Id, Ids = [1, 2], LogProbs = [-1, -2] },
            new CompletionGold { CompletionId = completion.Id, GoldReward = "reviews", Score = 0.5 },
            new GoldAnswer { TaskId = completion.TaskId, Answers = Store.Ranks(1, 2), Created = now },
            new Draft { AssignmentId = annotation.AssignmentId, Answers = Store.Ranks(2, 1), Sequence = 1, Saved = now },
            new Review
            {
                TaskId = annotation.TaskId,
                AnnotationId = annotation.Id,
                ReviewerId = annotation.AnnotatorId,
                Decision = ReviewDecision.Approved,
                Created = now,
            },
            new Exclusion
            {
                ProjectId = project,
                AnnotatorId = annotation.AnnotatorId,
                Reason = "as an example",
                Created = now,
                Lifted = now,
            },
            new Tombstone
            {
                ErasureId = Guid.NewGuid(),
                Kind = ErasureKind.Prompt,
                TargetId = Guid.NewGuid(),
                SaltedHash = "cc",
                Created = now,
            },
            new StaleMark
            {
                Target = StaleTarget.Checkpoint,
                TargetId = child.Id,
                Cause = StaleCause.Erasure,
                CauseId = Guid.NewGuid(),
                Created = now,
            },
            new PipelineRun { Name = "fixture", Definition = "{}", State = RunState.Succeeded, Created = now, Ended = now },
            new OutboxMessage { Type = "Example", Body = "{}", Created = now, Sent = now },
            parent, child);
        await db.SaveChangesAsync();
    }

    private static string[] Tables(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            + "AND name NOT LIKE '\\_\\_EF%' ESCAPE '\\' ORDER BY name";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
            names.Add(reader.GetString(0));
        return [.. names];
    }
}
