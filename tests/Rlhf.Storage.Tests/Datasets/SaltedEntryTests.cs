using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Datasets;

/// <summary>What is kept of an annotation: enough to verify it, nothing that gives it away after it was erased.</summary>
public sealed class SaltedEntryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_hash_that_is_left_tells_which_ranking_was_erased()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", overlap: 2, cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project, [Store.Task("prompt", "a", "b", "c")], cancellation: Cancellation);
        for (int i = 0; i < 2; i++)
        {
            var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(2, 1, 1), cancellation: Cancellation);
        }
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation);
        await using var db = store.Database.OpenReadContext();
        var annotations = await db.Annotations.OrderBy(a => a.Id).ToListAsync(Cancellation);
        byte[] Hash(byte[] salt, int[] ranks) => SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(
            $$"""{"prompt":[{"role":"user","parts":[{"type":"text","text":"prompt"}]}],"completions":[{{string.Join(',', "abc".Select(c => $$"""[{"role":"assistant","parts":[{"type":"text","text":"{{c}}"}]}]"""))}}],"ranks":[{{string.Join(',', ranks)}}],"simulated":false}""")]);
        var entries = await db.DatasetVersionEntries.Where(e => e.DatasetVersionId == version.Id).OrderBy(e => e.AnnotationId)
            .Select(e => e.Hash!).ToListAsync(Cancellation);
        // With its salt an entry can be verified, and two who agree have different entries.
        Assert.Equal([Hash(annotations[0].Salt!, [2, 1, 1]), Hash(annotations[1].Salt!, [2, 1, 1])], entries);
        Assert.NotEqual(entries[0], entries[1]);
        string manifest = await db.DatasetVersions.Select(v => v.Manifest).SingleAsync(Cancellation);

        await EraseAsync(store, annotations[0].Id);
        // Every weak order, without a salt and with that of the annotation that is left.
        foreach (int[] ranks in new[] { 1, 2, 3 }.SelectMany(
            a => new[] { 1, 2, 3 }.SelectMany(b => new[] { 1, 2, 3 }.Select(c => new[] { a, b, c }))))
        {
            foreach (byte[] salt in new[] { [], annotations[1].Salt! })
            {
                Assert.NotEqual(entries[0], Hash(salt, ranks));
                Assert.DoesNotContain(Convert.ToHexStringLower(Hash(salt, ranks)), manifest);
            }
        }
        // The version is what it was, without the line that was erased.
        Assert.Equal(1, (await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation)).Lines);
        Assert.Equal(1, (await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation)).Annotations);
    }

    [Fact]
    public async Task A_version_whose_making_was_interrupted_is_not_used_and_can_be_finished()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 3);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation);
        const string Remove = "DELETE FROM DatasetVersionEntries WHERE rowid = (SELECT max(rowid) FROM DatasetVersionEntries)";
        await store.Database.WriteAsync(db => db.Database.ExecuteSqlRawAsync(Remove, Cancellation), Cancellation);
        Assert.Contains("2 of its 3 entries",
            await Store.RefusalAsync(() => versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation)));
        Assert.Equal(version, await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation));
        Assert.Equal(3, (await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation)).Lines);
    }

    [Fact]
    public async Task Token_ids_and_gold_scores_come_from_their_tables_and_gold_only_where_nothing_learns()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project, Enumerable.Range(0, 40).Select(i => new NewTask(LabelingService.Prompt($"prompt {i}"),
        [
            NewCompletion.FromText("b") with
            {
                TokenIds = [i, 2],
                LogProbs = [-1, -2],
                Golds = new Dictionary<string, double> { ["reviews"] = 0.5, ["other"] = 9 },
            },
            NewCompletion.FromText("a") with
            {
                TokenIds = [7],
                LogProbs = [-3],
                Golds = new Dictionary<string, double> { ["reviews"] = 1.5 },
            },
        ])), cancellation: Cancellation);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation);
        var made = await versions.MaterializeAsync(version.Id, store["r.jsonl"], "reviews", Cancellation);
        Assert.True(made is { Train: > 0, HeldOut: > 0 });
        foreach (string line in File.ReadLines(store["r.jsonl"]))
        {
            var row = JsonDocument.Parse(line).RootElement;
            int number = int.Parse(row.GetProperty("prompt").GetString()!["prompt ".Length..]);
            Assert.Equal($"[[7],[{number},2]]", row.GetProperty("ids").GetRawText());
            Assert.Equal(row.GetProperty("split").GetString() == "heldOut" ? "[1.5,0.5]" : "",
                row.TryGetProperty("gold", out var gold) ? gold.GetRawText() : "");
        }
    }

    [Fact]
    public async Task The_side_does_not_depend_on_a_context_that_a_completion_has_for_itself()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        static Message Said(string role, string text) => Message.FromText(role, text);
        await store.Database.WriteAsync(db =>
        {
            for (int i = 0; i < 30; i++)
            {
                // What both contexts begin with is the prompt; what follows is each completion's own.
                var task = new LabelingTask
                {
                    ProjectId = project,
                    Position = i,
                    ContentKey = $"{i}",
                    SplitGroup = i < 15 ? null : "group",
                };
                for (int c = 0; c < 2; c++)
                {
                    task.Completions.Add(new Completion
                    {
                        Index = c,
                        Content = [Said("assistant", $"{c}")],
                        Context = [Said("user", $"prompt {i % 5}"), Said("assistant", $"own {i} {c}")],
                    });
                }
                db.Tasks.Add(task);
            }
            return Task.CompletedTask;
        }, Cancellation);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation);
        Assert.Equal(6, version.Prompts);
        await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation);
        string[] keys = [.. File.ReadLines(store["r.jsonl"])
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("promptHash").GetString()!)];
        Assert.Equal(15, keys.Count(k => k == DatasetRequest.PromptKey("group")));
        for (int i = 0; i < 5; i++)
            Assert.Equal(3, keys.Count(k => k == DatasetRequest.PromptKey($"prompt {i}")));
    }

    private static Task EraseAsync(Store store, Guid annotation) => store.Database.WriteAsync(async db =>
    {
        Assert.Equal(1, await db.Database.ExecuteSqlAsync(
            $$"""
            UPDATE Annotations SET Answers = '{}', Salt = NULL, OrderShown = NULL, Seconds = NULL, ActiveSeconds = NULL, Erased = 1
            WHERE Id = {{annotation}}
            """, Cancellation));
        db.Tombstones.Add(new Tombstone
        {
            ErasureId = Guid.NewGuid(),
            Kind = ErasureKind.Annotation,
            TargetId = annotation,
            SaltedHash = "x",
            Created = store.Clock.Now,
        });
    }, Cancellation);
}
