using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling;

/// <summary>Qualification, gold tasks, repeats, and what they change about a member.</summary>
public sealed class KnownAnswerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_passes_the_qualification_at_the_second_try_labels()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, new ProjectSettings { QualificationTries = 2 }, normal: 2, qualification: 2);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            var held = await store.Labeling.LeaseAsync(annotator, project, 3, cancellation: Cancellation);
            Assert.Equal((2, WaitReason.Qualification), (held.Tasks.Count, held.Waiting!.Reason));
            await store.Labeling.SubmitAsync(annotator, held.Tasks[0].AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
            await store.Labeling.SubmitAsync(annotator, held.Tasks[1].AssignmentId, attempt == 0 ? Store.Ranks(2, 1) : Store.Ranks(1, 2),
                cancellation: Cancellation);
        }
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        Assert.Equal("prompt 0", LabelingService.Texts(task).Prompt);
        var member = await MemberAsync(store, project, annotator);
        Assert.Equal((1, store.Clock.Now, MemberState.Active), (member.QualificationTry, member.Qualified, member.State));
        // Nothing of it counts as progress.
        Assert.Equal(new LabelingProgress(2, 0, 0, 2), await store.Labeling.ProgressAsync(project, Cancellation));
        Assert.Contains("cannot be corrected", await Store.RefusalAsync(async () =>
        {
            await using var db = store.Database.OpenReadContext();
            var done = await db.Assignments.FirstAsync(a => a.Kind == TaskKind.Qualification, Cancellation);
            await store.Labeling.CorrectAsync(annotator, done.Id, 1, Store.Ranks(2, 1), cancellation: Cancellation);
        }));
    }

    [Fact]
    public async Task After_each_qualification_task_they_learn_whether_it_was_right_and_why_and_at_the_end_how_the_try_went()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(1);
        await store.Labeling.SetSettingsAsync(project, new ProjectSettings { QualificationTries = 2, PassMark = 0.6 }, Cancellation);
        await store.Labeling.AddTasksAsync(project, new string?[] { "Because it is **kind**.", null }.Select((explanation, i) =>
            Store.Task($"test {i}", "good", "bad") with
            {
                Kind = TaskKind.Qualification,
                Gold = Store.Ranks(1, 2),
                Explanation = explanation,
            }), cancellation: Cancellation);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        Assert.Equal(new QualificationFeedback(true, "Because it is **kind**."), await NextAsync(1, 2));
        Assert.Equal(new QualificationFeedback(false, null, new QualificationTry(false, 1, 2, 0.6, 1)), await NextAsync(2, 1));
        Assert.Equal(new QualificationFeedback(true, "Because it is **kind**."), await NextAsync(1, 2));
        Assert.Equal(new QualificationFeedback(true, null, new QualificationTry(true, 2, 2, 0.6, 0)), await NextAsync(1, 2));
        // No other task tells that its answer is known.
        Assert.Null(await NextAsync(1, 2));

        async Task<QualificationFeedback?> NextAsync(params int[] ranks)
        {
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            var context = new AnnotationContext { IdempotencyKey = "key" };
            var first = await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(ranks), context, Cancellation);
            // Sent again, with the key and without, it says the same of the answer.
            foreach (var again in new[] { context, null })
            {
                var receipt = await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(ranks), again, Cancellation);
                Assert.Equal(first.Qualification is { } said ? said with { Try = null } : null, receipt.Qualification);
            }
            return first.Qualification;
        }
    }

    [Fact]
    public async Task The_pass_mark_itself_is_enough()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, new ProjectSettings { PassMark = 0.5 }, normal: 1, qualification: 2);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        foreach (var answers in new[] { Store.Ranks(1, 2), Store.Ranks(2, 1) })
        {
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, answers, cancellation: Cancellation);
        }
        Assert.NotNull((await MemberAsync(store, project, annotator)).Qualified);
    }

    [Fact]
    public async Task Who_fails_the_last_try_is_paused_and_told_why()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, new ProjectSettings { QualificationTries = 1 }, normal: 1, qualification: 2);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        for (int i = 0; i < 2; i++)
        {
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            if (i == 0)
                await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
            else
                await store.Labeling.SkipAsync(annotator, task.AssignmentId, "too hard", Cancellation);
        }
        Assert.Contains("you are paused in this project since 2026-01-02 03:04:05Z: 1 of 2 qualification tasks were right",
            await Store.RefusalAsync(() => store.Labeling.LeaseNextAsync(annotator, project)));
    }

    [Fact]
    public async Task Gold_tasks_come_at_their_share_look_like_others_and_pause_the_careless()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, new ProjectSettings { GoldShare = 0.3, PauseBelowGoldAccuracy = 0.7, PauseAfterGolds = 10 },
            normal: 100, gold: 100);
        var (careful, careless) = (await LeaseTests.AnnotatorAsync(store), await LeaseTests.AnnotatorAsync(store));
        await AnswerAllAsync(store, careful, project, Store.Ranks(1, 2));
        var member = await MemberAsync(store, project, careful);
        Assert.Equal((100, MemberState.Active), (member.Answered, member.State));
        // 100 · 0.3/0.7 = 43 are expected, with a standard deviation of 8. The draws follow from ids that are new in each run:
        // these limits are missed once in some ten million runs.
        Assert.InRange(member.Golds, 10, 99);
        Assert.Equal(member.Golds, member.GoldsCorrect);
        await store.Labeling.SetOverlapAsync(project, 2, Cancellation);
        string refusal = await Store.RefusalAsync(() => AnswerAllAsync(store, careless, project, Store.Ranks(2, 1)));
        Assert.Contains("0 of 10 tasks with a known answer were right; this project asks for 70 %", refusal);
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(member.Golds + 10, await db.Annotations.CountAsync(a => a.Kind == TaskKind.Gold, Cancellation));
        Assert.Equal(100, (await store.Labeling.ProgressAsync(project, Cancellation)).Tasks);
    }

    [Fact]
    public async Task Repeats_are_shown_the_other_way_round_take_no_seat_and_measure_consistency()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, new ProjectSettings { RepeatShare = 0.3, RepeatAfterMinutes = 3 }, normal: 60);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        var orders = new Dictionary<Guid, int[]>();
        var answered = new Dictionary<Guid, DateTimeOffset>();
        int repeats = 0;
        while (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task)
        {
            int[] order = [.. task.Completions.Select(c => c.Index)];
            bool repeat = !orders.TryAdd(task.TaskId, order);
            if (repeat)
            {
                Assert.Equal(orders[task.TaskId].Reverse(), order);
                Assert.InRange(store.Clock.Now - answered[task.TaskId], TimeSpan.FromMinutes(3), TimeSpan.MaxValue);
            }
            answered[task.TaskId] = store.Clock.Now;
            // Every second repeat is answered otherwise than before.
            await store.Labeling.SubmitAsync(
                annotator, task.AssignmentId, repeat && ++repeats % 2 == 0 ? Store.Ranks(2, 1) : Store.Ranks(1, 2),
                cancellation: Cancellation);
            store.Clock.Now += TimeSpan.FromMinutes(1);
        }
        var member = await MemberAsync(store, project, annotator);
        // 60 · 0.3/0.7 = 26 are expected, with a standard deviation of 6; see the limits of gold tasks.
        Assert.InRange(repeats, 2, 68);
        Assert.Equal((60, repeats, (repeats + 1) / 2), (member.Answered, member.Repeats, member.RepeatsAgreed));
        Assert.Equal(new LabelingProgress(60, 60, 60, 60), await store.Labeling.ProgressAsync(project, Cancellation));
    }

    [Fact]
    public async Task Tasks_of_known_answer_need_one_and_settings_have_ranges()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        var task = Store.Task("a", "b", "c");
        Assert.Contains("a gold task needs the right answers",
            await Store.RefusalAsync(() => store.Labeling.AddTasksAsync(project, [task with { Kind = TaskKind.Gold }])));
        Assert.Contains("a normal labeling task has no known answers",
            await Store.RefusalAsync(() => store.Labeling.AddTasksAsync(project, [task with { Gold = Store.Ranks(1, 2) }])));
        Assert.Contains("there is no completion 2",
            await Store.RefusalAsync(
                () => store.Labeling.AddTasksAsync(project, [task with { Kind = TaskKind.Gold, Gold = Store.Ranks(1, 2, 3) }])));
        Assert.Contains("cannot be of kind repeat",
            await Store.RefusalAsync(() => store.Labeling.AddTasksAsync(project, [task with { Kind = TaskKind.Repeat }])));
        foreach (var (settings, complaint) in new (ProjectSettings, string)[]
        {
            (new() { GoldShare = 1.1 }, "goldShare must be 0 … 1; got 1.1"),
            (new() { GoldShare = 0.6, RepeatShare = 0.6 }, "together must be at most 1"),
            (new() { MaxLeases = 0 }, "maxLeases must be 1 or more; got 0"),
            (new() { LeaseMinutes = 0 }, "leaseMinutes must be above 0"),
            (new() { PassMark = double.NaN }, "passMark must be 0 … 1; got NaN"),
        })
        {
            Assert.Contains(complaint, await Store.RefusalAsync(() => store.Labeling.SetSettingsAsync(project, settings)));
        }
    }

    private static async Task<Guid> ProjectAsync(Store store, ProjectSettings settings, int normal, int gold = 0, int qualification = 0)
    {
        var project = await store.ProjectAsync(normal);
        await store.Labeling.SetSettingsAsync(project, settings);
        foreach (var (kind, count) in new[] { (TaskKind.Gold, gold), (TaskKind.Qualification, qualification) })
            await store.Labeling.AddTasksAsync(
                project, Enumerable.Range(0, count)
                    .Select(i => Store.Task($"{kind} {i}", "good", "bad") with { Kind = kind, Gold = Store.Ranks(1, 2) }));
        return project;
    }

    private static async Task<ProjectMember> MemberAsync(Store store, Guid project, Guid annotator)
    {
        await using var db = store.Database.OpenReadContext();
        return await db.Members.SingleAsync(m => m.ProjectId == project && m.AnnotatorId == annotator);
    }

    private static async Task AnswerAllAsync(Store store, Guid annotator, Guid project, Answers answers)
    {
        while (await store.Labeling.LeaseNextAsync(annotator, project) is { } task)
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, answers);
    }
}
