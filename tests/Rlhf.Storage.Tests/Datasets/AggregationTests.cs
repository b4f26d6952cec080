using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Options;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Tests.Datasets;

/// <summary>What several annotators' rankings become.</summary>
public sealed class AggregationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Soft_labels_give_each_ranking_the_share_of_those_who_gave_it()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1, overlap: 4);
        await RankAsync(store, project, [1, 2], [1, 2], [1, 2], [2, 1]);
        var lines = await LinesAsync(store, DatasetVersionTests.Request(project) with { Aggregation = Aggregation.Soft });
        Assert.Equal([("[1,2]", 0.75), ("[2,1]", 0.25)],
            lines.Select(l => (Ranks(l), l.GetProperty("weight").GetDouble())).OrderBy(l => l.Item1, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Votes_of_those_who_agree_with_the_others_count_more()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 21, overlap: 5);
        // Three agree on everything but the last task; two answer at random (by a fixed pattern), and both are against it there.
        for (int who = 0; who < 5; who++)
        {
            var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
            for (int task = 0; task < 21; task++)
            {
                bool first = task == 20 ? who is 0 or 1 : who < 3 || (task >> (who - 3)) % 2 == 0;
                await AnswerAsync(store, project, annotator, first ? [1, 2] : [2, 1]);
            }
        }
        string Last(IEnumerable<JsonElement> lines) => Ranks(lines.Single(l => l.GetProperty("prompt").GetString() == "prompt 20"));
        Assert.Equal("[2,1]", Last(
            await LinesAsync(store, DatasetVersionTests.Request(project) with { Aggregation = Aggregation.Majority })));
        Assert.Equal("[1,2]", Last(
            await LinesAsync(store, DatasetVersionTests.Request(project) with { Aggregation = Aggregation.Weighted })));
    }

    [Fact]
    public async Task Adjudicated_tasks_have_the_answer_that_was_found_and_others_only_if_all_agree()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 3, overlap: 2);
        var tasks = await TasksAsync(store, project);
        foreach (bool second in new[] { false, true })
        {
            var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
            await AnswerAsync(store, project, annotator, [1, 2]);
            await AnswerAsync(store, project, annotator, second ? [2, 1] : [1, 2]);
            await AnswerAsync(store, project, annotator, second ? [2, 1] : [1, 2]);
        }
        await ReviewAsync(store, tasks[1], null, ReviewDecision.Adjudicated, [1, 1]);
        var request = DatasetVersionTests.Request(project) with { Aggregation = Aggregation.Adjudicated };
        var lines = await LinesAsync(store, request);
        Assert.Equal([("prompt 0", "[1,2]"), ("prompt 1", "[1,1]")],
            lines.Select(l => (l.GetProperty("prompt").GetString()!, Ranks(l))).Order());
    }

    [Fact]
    public async Task A_version_keeps_the_review_of_its_time()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 3);
        var tasks = await TasksAsync(store, project);
        var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
        for (int i = 0; i < 3; i++)
            await AnswerAsync(store, project, annotator, [1, 2]);
        await ReviewAsync(store, tasks[0], await AnnotationAsync(store, tasks[0]), ReviewDecision.Edited, [2, 1]);
        await ReviewAsync(store, tasks[1], await AnnotationAsync(store, tasks[1]), ReviewDecision.Rejected, null);
        var versions = new DatasetVersions(store.Database);
        var before = await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation);
        await ReviewAsync(store, tasks[0], await AnnotationAsync(store, tasks[0]), ReviewDecision.Approved, null);
        var after = await versions.CreateAsync(DatasetVersionTests.Request(project), Cancellation);
        Assert.Equal([("prompt 0", "[2,1]"), ("prompt 2", "[1,2]")], await RanksAsync(before));
        Assert.Equal([("prompt 0", "[1,2]"), ("prompt 2", "[1,2]")], await RanksAsync(after));

        async Task<IEnumerable<(string, string)>> RanksAsync(DatasetInfo version)
        {
            await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation);
            return Read(store["r.jsonl"]).Select(l => (l.GetProperty("prompt").GetString()!, Ranks(l))).Order();
        }
    }

    [Fact]
    public async Task What_is_excluded_and_what_is_asked_for_other_reasons_is_left_out()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 3, overlap: 3);
        var tasks = await TasksAsync(store, project);
        var annotators = new List<Guid>();
        for (int i = 0; i < 3; i++)
        {
            annotators.Add(await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation));
            for (int task = 0; task < 3; task++)
                await AnswerAsync(store, project, annotators[i], [1, 2]);
        }
        async Task<int> CountAsync() =>
            (await new DatasetVersions(store.Database).CreateAsync(DatasetVersionTests.Request(project), Cancellation)).Annotations;
        Assert.Equal(9, await CountAsync());
        var exclusion = new Exclusion { TaskId = tasks[0], Reason = "broken" };
        await store.Database.WriteAsync(db => { db.Exclusions.Add(exclusion); return Task.CompletedTask; }, Cancellation);
        Assert.Equal(6, await CountAsync());
        var careless = new Exclusion { AnnotatorId = annotators[0], ProjectId = project, Reason = "careless" };
        await store.Database.WriteAsync(db => { db.Exclusions.Add(careless); return Task.CompletedTask; }, Cancellation);
        Assert.Equal(4, await CountAsync());
        await store.Database.WriteAsync(db => db.Exclusions.Where(e => e.Id == exclusion.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.Lifted, store.Clock.Now), Cancellation), Cancellation);
        Assert.Equal(6, await CountAsync());
        await store.Database.WriteAsync(async db =>
        {
            await db.Members.Where(m => m.AnnotatorId == annotators[1]).ExecuteDeleteAsync(Cancellation);
            db.Members.Add(new ProjectMember { ProjectId = project, AnnotatorId = annotators[1], State = MemberState.Excluded });
        }, Cancellation);
        Assert.Equal(3, await CountAsync());
    }

    private static async Task RankAsync(Store store, Guid project, params int[][] rankings)
    {
        foreach (int[] ranks in rankings)
            await AnswerAsync(store, project, await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation), ranks);
    }

    private static async Task AnswerAsync(Store store, Guid project, Guid annotator, int[] ranks)
    {
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(ranks), cancellation: Cancellation);
    }

    private static Task ReviewAsync(Store store, Guid task, Guid? annotation, ReviewDecision decision, int[]? ranks) =>
        store.Database.WriteAsync(async db =>
    {
        await db.Reviews.Where(r => r.TaskId == task && r.AnnotationId == annotation)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Latest, false), Cancellation);
        var reviewer = new Annotator();
        db.Annotators.Add(reviewer);
        db.Reviews.Add(new Review
        {
            TaskId = task,
            AnnotationId = annotation,
            ReviewerId = reviewer.Id,
            Decision = decision,
            Answers = ranks is null ? null : Store.Ranks(ranks),
            Salt = [1, 2, 3],
        });
    }, Cancellation);

    private static async Task<IReadOnlyList<Guid>> TasksAsync(Store store, Guid project)
    {
        await using var db = store.Database.OpenReadContext();
        return await db.Tasks.Where(t => t.ProjectId == project).OrderBy(t => t.Position).Select(t => t.Id).ToListAsync(Cancellation);
    }

    private static async Task<Guid> AnnotationAsync(Store store, Guid task)
    {
        await using var db = store.Database.OpenReadContext();
        return await db.Annotations.Where(a => a.TaskId == task && a.Latest).Select(a => a.Id).SingleAsync(Cancellation);
    }

    private static async Task<IReadOnlyList<JsonElement>> LinesAsync(Store store, DatasetRequest request)
    {
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(request, Cancellation);
        await versions.MaterializeAsync(version.Id, store["lines.jsonl"], cancellation: Cancellation);
        return Read(store["lines.jsonl"]);
    }

    private static List<JsonElement> Read(string path) => [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string Ranks(JsonElement line) => line.GetProperty("ranks").GetRawText();
}
