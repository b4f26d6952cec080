using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Options;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Erasure;

public sealed class ErasureTests
{
    private const string Secret = "a rationale that nobody else would write";
    private const string Prompt = "a prompt that nobody else would ask";
    private static readonly Question[] s_questions = [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_byte_of_an_erased_annotation_is_left_and_the_rest_adds_up()
    {
        await using var store = await Store.OpenAsync();
        var home = new Home(store["."]);
        var (project, annotator, task) = await AnswerAsync(store);
        await store.Labeling.CorrectAsync(annotator, task.AssignmentId, 1, With(Secret + ", corrected", 2, 1), cancellation: Cancellation);
        // Old bytes lie in pages that a draft left, in a copy from before a migration, and in the file of a run.
        var version = await new DatasetVersions(store.Database).CreateAsync(new DatasetRequest { Projects = [project] }, Cancellation);
        var run = new Run { Kind = "reward", Options = "{}", DatasetVersionId = version.Id, Created = store.Clock.Now };
        var reward = new Checkpoint { Kind = CheckpointKind.Reward, Path = "r", Sha256 = "aa", RunId = run.Id, Created = store.Clock.Now };
        var policy = new Checkpoint { Kind = CheckpointKind.Policy, Path = "p", Sha256 = "bb", Created = store.Clock.Now };
        policy.Parents.Add(new CheckpointParent { ParentId = reward.Id, Role = "reward" });
        await store.Database.WriteAsync(db =>
        {
            db.AddRange(run, reward, policy);
            return Task.CompletedTask;
        }, Cancellation);
        Directory.CreateDirectory(home.RunFolder(run.Id));
        await File.WriteAllTextAsync(Path.Combine(home.RunFolder(run.Id), "rankings.jsonl"), Secret, Cancellation);
        await File.WriteAllTextAsync(SchemaUpdate.CopyPath(store.Database.FilePath, "20260101000000_Earlier"), Secret, Cancellation);
        Assert.NotEmpty(Containing(home.Root, Secret));

        Guid annotation;
        await using (var db = store.Database.OpenReadContext())
            annotation = (await db.Annotations.SingleAsync(a => a.Latest && a.AnnotatorId == annotator, Cancellation)).Id;
        var result = await new Erasures(store.Database, home, store.Clock).EraseAsync(ErasureKind.Annotation, annotation, Cancellation);
        Assert.Equal((2, 0, 1, 2, 2),
            (result.Annotations, result.Tasks, result.StaleVersions, result.StaleCheckpoints, result.RemovedFiles.Count));
        Assert.Empty(Containing(home.Root, Secret));

        await using var after = store.Database.OpenReadContext();
        Assert.All(await after.Annotations.Where(a => a.AnnotatorId == annotator).ToListAsync(Cancellation), a =>
            Assert.True(a.Answers.Count == 0 && a.Salt is null && a.OrderShown is null && a.Erased == store.Clock.Now));
        Assert.Equal([StaleTarget.Checkpoint, StaleTarget.Checkpoint, StaleTarget.DatasetVersion, StaleTarget.Run],
            (await after.StaleMarks.Select(m => m.Target).ToListAsync(Cancellation))
                .Order(Comparer<StaleTarget>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()))));
        Assert.Equal(2, await after.Tombstones.CountAsync(Cancellation));
        // The seat is free for somebody else, and not for them.
        Assert.Equal(new LabelingProgress(2, 0, 1, 4), await store.Labeling.ProgressAsync(project, Cancellation));
        // Another annotation of the same ranking is still in the version.
        Assert.Equal(1, await new DatasetVersions(store.Database).MaterializeAsync(
            version.Id, store["again.jsonl"], cancellation: Cancellation) is var made ? made.Train + made.HeldOut : 0);
        Assert.Contains("no annotation",
            await Store.RefusalAsync(() => new Erasures(store.Database, home).EraseAsync(ErasureKind.Annotation, Guid.NewGuid())));
        Assert.Contains("were erased",
            await Store.RefusalAsync(() => store.Labeling.CorrectAsync(annotator, task.AssignmentId, 2, With("again", 1, 2))));
    }

    [Fact]
    public async Task An_erased_annotator_leaves_no_description_draft_or_review_and_does_not_come_back()
    {
        await using var store = await Store.OpenAsync();
        var home = new Home(store["."]);
        var (project, annotator, _) = await AnswerAsync(store);
        var held = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await store.Labeling.SaveDraftAsync(annotator, held.AssignmentId, With(Secret + ", a draft", 1, 2), 1, cancellation: Cancellation);
        var members = new LabelingMembers(store.Database, store.Clock);
        await members.SetRoleAsync(project, annotator, ProjectRole.Reviewer, Cancellation);
        Guid other;
        await using (var db = store.Database.OpenReadContext())
            other = (await db.Annotations.FirstAsync(a => a.AnnotatorId != annotator, Cancellation)).Id;
        await new LabelingReviews(store.Database, store.Clock).ReviewAsync(
            annotator, other, ReviewDecision.Rejected, feedback: Secret, cancellation: Cancellation);
        var result = await new Erasures(store.Database, home, store.Clock).EraseAsync(ErasureKind.Annotator, annotator, Cancellation);
        Assert.Equal(1, result.Annotations);
        Assert.Empty(Containing(home.Root, Secret));
        Assert.Empty(Containing(home.Root, "someone to be erased"));
        Assert.Contains("no annotator", await Store.RefusalAsync(() => store.Labeling.LeaseNextAsync(annotator, project)));
    }

    [Fact]
    public async Task An_erased_prompt_is_gone_from_every_project_and_from_a_restored_backup()
    {
        await using var store = await Store.OpenAsync();
        var home = new Home(store["."]);
        var (project, annotator, task) = await AnswerAsync(store);
        var second = await store.Labeling.CreateProjectAsync("second", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(second, [Store.Task(Prompt, "c", "d")], cancellation: Cancellation);
        // The backup lies elsewhere.
        string backup = Path.GetTempFileName();
        File.Delete(backup);
        await using (var db = store.Database.OpenReadContext())
            await db.Database.ExecuteSqlAsync($"VACUUM INTO {backup}", Cancellation);
        var result = await new Erasures(store.Database, home, store.Clock).EraseAsync(ErasureKind.Prompt, task.TaskId, Cancellation);
        Assert.Equal((2, 2), (result.Annotations, result.Tasks));
        Assert.Empty(Containing(home.Root, Prompt));
        Assert.Empty(Containing(home.Root, Secret));
        Assert.Null(await store.Labeling.LeaseNextAsync(annotator, second, cancellation: Cancellation));

        try
        {
            Assert.True(File.ReadAllBytes(backup).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Prompt)) >= 0);
            using var restored = await RlhfDatabase.OpenAsync(backup, Cancellation);
            var again = new Erasures(restored, home, store.Clock);
            Assert.Equal(1, await again.ReplayAsync(Cancellation));
            Assert.Equal(0, await again.ReplayAsync(Cancellation));
            Assert.True(File.ReadAllBytes(backup).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Prompt)) < 0);
            await using var db = restored.OpenReadContext();
            Assert.Equal(2, await db.Tasks.CountAsync(t => t.Erased != null, Cancellation));
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(backup)!, Path.GetFileName(backup) + "*"))
                File.Delete(file);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_an_erased_reviewer_has_decided_is_gone_from_versions_and_makes_them_stale(bool adjudicated)
    {
        await using var store = await Store.OpenAsync();
        var home = new Home(store["."]);
        var (project, _, task) = await AnswerAsync(store);
        var reviewer = await store.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        await new LabelingMembers(store.Database, store.Clock).SetRoleAsync(project, reviewer, ProjectRole.Reviewer, Cancellation);
        var request = new DatasetRequest { Projects = [project], Aggregation = adjudicated ? Aggregation.Adjudicated : Aggregation.Each };
        var versions = new DatasetVersions(store.Database, store.Clock);
        var before = await versions.CreateAsync(request with { Aggregation = Aggregation.Each }, Cancellation);
        var reviews = new LabelingReviews(store.Database, store.Clock);
        await using var db = store.Database.OpenReadContext();
        var theirs = await db.Annotations.FirstAsync(a => a.Latest, Cancellation);
        _ = adjudicated
            ? await reviews.AdjudicateAsync(reviewer, task.TaskId, With(Secret, 2, 1), cancellation: Cancellation)
            : await reviews.ReviewAsync(
                reviewer, theirs.Id, ReviewDecision.Edited, With(Secret, 1, 1), Secret, Cancellation);
        var version = await versions.CreateAsync(request, Cancellation);
        Assert.NotEqual(before.Id, version.Id);
        var run = new Run { Kind = "reward", Options = "{}", DatasetVersionId = version.Id, Created = store.Clock.Now };
        await store.Database.WriteAsync(db =>
        {
            db.Add(run);
            return Task.CompletedTask;
        }, Cancellation);
        Directory.CreateDirectory(home.RunFolder(run.Id));
        await File.WriteAllTextAsync(Path.Combine(home.RunFolder(run.Id), "rankings.jsonl"), Secret, Cancellation);

        var erasures = new Erasures(store.Database, home, store.Clock);
        var result = await erasures.EraseAsync(ErasureKind.Annotator, reviewer, Cancellation);
        Assert.Equal((0, 1, 1), (result.Annotations, result.StaleVersions, result.RemovedFiles.Count));
        Assert.Equal([version.Id, run.Id], (await db.StaleMarks.Select(m => m.TargetId).ToListAsync(Cancellation)).Order(
            Comparer<Guid>.Create((a, b) => (a == version.Id ? 0 : 1) - (b == version.Id ? 0 : 1))));
        // What annotators said stays; an adjudicated task has nothing left to say.
        Assert.Equal(2, (await versions.MaterializeAsync(before.Id, store["r.jsonl"], cancellation: Cancellation)).Lines);
        var made = await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation);
        Assert.Equal(adjudicated ? 0 : 1, made.Lines);
        Assert.Equal(2, (await versions.CreateAsync(request with { Aggregation = Aggregation.Each }, Cancellation)).Annotations);
        // Again it marks nothing anew.
        Assert.Equal(0, (await erasures.EraseAsync(ErasureKind.Annotator, reviewer, Cancellation)).StaleVersions);
    }

    /// <summary>Two people answer the first of two tasks; the annotator returned wrote the secret.</summary>
    private static async Task<(Guid Project, Guid Annotator, LeasedTask Task)> AnswerAsync(Store store)
    {
        var project = await store.Labeling.CreateProjectAsync("project", overlap: 2, s_questions, cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(
            project, [Store.Task(Prompt, "a", "b"), Store.Task("other", "a", "b")], cancellation: Cancellation);
        var annotator = await store.Labeling.CreateAnnotatorAsync(simulated: false, "someone to be erased", cancellation: Cancellation);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, With(Secret + ", not yet sent", 1, 2), 1,
            cancellation: Cancellation);
        await store.Labeling.SubmitAsync(annotator, task.AssignmentId, With(Secret, 1, 2), cancellation: Cancellation);
        var other = await store.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        var same = (await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation))!;
        await store.Labeling.SubmitAsync(other, same.AssignmentId, With("mine", 2, 1), cancellation: Cancellation);
        return (project, annotator, task);
    }

    private static Answers With(string why, params int[] ranks)
    {
        var answers = Store.Ranks(ranks);
        answers["why"] = new Answer { Rationale = why };
        return answers;
    }

    private static List<string> Containing(string folder, string text) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Read(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0)];

    internal static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
