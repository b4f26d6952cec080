using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling;

public sealed class LabelingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tasks_come_in_order_and_each_person_gets_each_once()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, overlap: 2, completions: 3);
        var annotator = await store.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        for (int i = 0; i < 2; i++)
        {
            var task = await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation);
            Assert.Equal(($"prompt {i}", $"a {i},b {i},c {i}"),
                (LabelingService.Texts(task!).Prompt, string.Join(',', LabelingService.Texts(task!).Completions)));
            // A second tab shows the task that is in hand.
            Assert.Equal(task!.AssignmentId,
                (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!.AssignmentId);
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(2, 1, 1), cancellation: Cancellation);
        }
        Assert.Null(await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation));
        Assert.Equal(new LabelingProgress(2, 0, 2, 4), await store.Labeling.ProgressAsync(project, Cancellation));
    }

    [Fact]
    public async Task The_same_submission_twice_is_one_annotation_and_a_correction_is_a_new_revision()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var annotator = await store.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        store.Clock.Now += TimeSpan.FromSeconds(10);
        Assert.Contains("nothing was submitted for this task yet",
            await Store.RefusalAsync(() => store.Labeling.CorrectAsync(annotator, task.AssignmentId, 1, Store.Ranks(1, 2))));
        var receipts = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(
                _ =>
                    Task.Run(() => store.Labeling.SubmitAsync(
                        annotator, task.AssignmentId, Store.Ranks(1, 2), new AnnotationContext(2.5)))));
        Assert.Single(receipts, r => r.Added);
        Assert.Single(receipts.Select(r => r.AnnotationId).Distinct());
        Assert.Contains("submitted with other answers",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(2, 1))));

        var correction = await store.Labeling.CorrectAsync(annotator, task.AssignmentId, 1, Store.Ranks(2, 1), cancellation: Cancellation);
        Assert.Equal((2, true), (correction.Revision, correction.Added));
        Assert.Equal((2, false),
            await store.Labeling.CorrectAsync(annotator, task.AssignmentId, 1, Store.Ranks(2, 1), cancellation: Cancellation) is var again
                ? (again.Revision, again.Added)
                : default);
        Assert.Contains("corrected elsewhere: revision 2 is the newest, not 1",
            await Store.RefusalAsync(() => store.Labeling.CorrectAsync(annotator, task.AssignmentId, 1, Store.Ranks(1, 1))));
        // The first submission replayed after the correction does not undo it.
        Assert.Equal(
            1, (await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation)).Revision);

        await using var db = store.Database.OpenReadContext();
        var revisions = await db.Annotations.OrderBy(a => a.Revision).ToListAsync(Cancellation);
        Assert.Equal([(1, false), (2, true)], revisions.Select(a => (a.Revision, a.Latest)));
        Assert.Equal(task.Completions.Select(c => c.Index), revisions[0].OrderShown!);
        Assert.Equal(2.5, revisions[0].Seconds);
        Assert.Equal(new LabelingProgress(1, 1, 1, 1), await store.Labeling.ProgressAsync(project, Cancellation));
    }

    [Fact]
    public async Task A_lease_that_ran_out_goes_to_the_next_and_a_late_answer_counts_while_the_seat_is_free()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var (slow, quick) = (await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation),
            await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation));
        var first = (await store.Labeling.LeaseNextAsync(slow, project, TimeSpan.FromMinutes(10), Cancellation))!;
        store.Clock.Now += TimeSpan.FromMinutes(9);
        Assert.Null(await store.Labeling.LeaseNextAsync(quick, project, cancellation: Cancellation));
        store.Clock.Now += TimeSpan.FromMinutes(1);
        var second = (await store.Labeling.LeaseNextAsync(quick, project, TimeSpan.FromMinutes(10), Cancellation))!;
        Assert.Equal(first.TaskId, second.TaskId);
        Assert.Contains("it was given to someone else",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(slow, first.AssignmentId, Store.Ranks(1, 2))));
        store.Clock.Now += TimeSpan.FromMinutes(11);
        Assert.True((await store.Labeling.SubmitAsync(slow, first.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation)).Added);
        Assert.Contains("it was given to someone else",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(quick, second.AssignmentId, Store.Ranks(1, 2))));
    }

    [Fact]
    public async Task A_skipped_task_is_for_others()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var (one, other) = (await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation),
            await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation));
        var task = (await store.Labeling.LeaseNextAsync(one, project, cancellation: Cancellation))!;
        await store.Labeling.SkipAsync(one, task.AssignmentId, "unclear", Cancellation);
        await store.Labeling.SkipAsync(one, task.AssignmentId, "unclear", Cancellation);
        Assert.Null(await store.Labeling.LeaseNextAsync(one, project, cancellation: Cancellation));
        Assert.Contains("was skipped",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(one, task.AssignmentId, Store.Ranks(1, 2))));
        var again = (await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation))!;
        await store.Labeling.SubmitAsync(other, again.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        Assert.Contains("can no longer be skipped",
            await Store.RefusalAsync(() => store.Labeling.SkipAsync(other, again.AssignmentId, "late")));
    }

    [Fact]
    public async Task Racing_clients_never_exceed_the_overlap_and_fill_it_exactly()
    {
        await using var store = await Store.OpenAsync();
        const int Tasks = 30, Overlap = 3, Clients = 16;
        var project = await store.ProjectAsync(Tasks, Overlap);
        // A second opening of the same file stands for a second process.
        using var second = await RlhfDatabase.OpenAsync(store["rlhf.db"], Cancellation);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            var labeling = client % 4 == 0 ? new LabelingService(second, store.Clock) : store.Labeling;
            var annotator = await labeling.CreateAnnotatorAsync(false);
            // Every seventh client's leases run out at once: what it answers is always late.
            var lease = client % 7 == 6 ? TimeSpan.Zero : TimeSpan.FromMinutes(10);
            for (int step = 0; await labeling.LeaseNextAsync(annotator, project, lease) is { } task; step++)
            {
                if (client % 7 == 6)
                {
                    await SubmitIfFreeAsync(labeling, annotator, task);
                    continue;
                }
                // Every fifth client skips now and then.
                if (client % 5 == 0 && step % 5 == 4)
                    await labeling.SkipAsync(annotator, task.AssignmentId, "unclear");
                else
                    await labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2));
            }
        })));
        // A seat given back after the others had gone home is taken by who comes next.
        for (int i = 0; i < Overlap; i++)
            await AnswerAllAsync(store, project);
        await using var db = store.Database.OpenReadContext();
        int[] counts = await db.Annotations.GroupBy(a => a.TaskId).Select(g => g.Count()).ToArrayAsync(Cancellation);
        Assert.Equal(Enumerable.Repeat(Overlap, Tasks), counts);
        Assert.Equal(Tasks * Overlap, await db.Annotations.Select(a => new { a.TaskId, a.AnnotatorId }).Distinct()
            .CountAsync(Cancellation));
        Assert.Equal(new LabelingProgress(Tasks, Tasks, Tasks * Overlap, Tasks * Overlap),
            await store.Labeling.ProgressAsync(project, Cancellation));
    }

    [Fact]
    public async Task A_greater_overlap_opens_done_tasks_again()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        await AnswerAllAsync(store, project);
        var other = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
        Assert.Null(await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation));
        await store.Labeling.SetOverlapAsync(project, 2, Cancellation);
        Assert.NotNull(await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation));
    }

    [Fact]
    public async Task The_same_content_is_entered_once()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2);
        Assert.Equal(1, await store.Labeling.AddTasksAsync(
            project, [Store.Task("prompt 1", "a 1", "b 1"), Store.Task("new", "a", "b"), Store.Task("new", "a", "b")],
            cancellation: Cancellation));
        Assert.Equal(project, await store.Labeling.CreateProjectAsync("project", cancellation: Cancellation));
        Assert.Contains("exists already, with other questions",
            await Store.RefusalAsync(() => store.Labeling.CreateProjectAsync("project", overlap: 3)));
    }

    [Fact]
    public async Task Answers_that_do_not_fit_are_refused_and_save_nothing()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(
            tasks: 1, questions: new Question(Question.Ranking, QuestionKind.Ranking, "?", Ties: false, MaxStrength: 3));
        var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        var places = PresentedPlaces.Create(task.Completions);
        foreach (var (answers, complaint) in new (Answers, string)[]
        {
            ([], "has no ranking; an unchanged order is not an answer"),
            (Answers.OfRanking(new Answer()), "has no ranking"),
            (Answers.OfRanking(new Answer { Ranking = [[0], [2]] }), "there is no completion 2; they are 0 … 1"),
            (Answers.OfRanking(new Answer { Ranking = [[0], [0]] }), $"{places.IdOfIndex(0)} is ranked twice"),
            (Answers.OfRanking(new Answer { Ranking = [[0], []] }), "an empty group"),
            (Store.Ranks(1, 1), "ties are not allowed"),
            (Answers.OfRanking(new Answer { Ranking = [[0], [1]], Strength = 4 }), "strength 4 is not in 0 … 3"),
            (Answers.OfRanking(new Answer { Ranking = [[0], [1]], Strength = double.NaN }), "strength NaN is not in"),
            (Answers.OfRanking(new Answer { Ranking = [[0], [1]], Ratings = [1] }), "a ranking question takes no ratings"),
            (new Answers { ["other"] = new Answer() }, "the project asks no 'other'; it asks ranking"),
        })
        {
            Assert.Contains(complaint, await Store.RefusalAsync(() => store.Labeling.SubmitAsync(annotator, task.AssignmentId, answers)));
        }
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(0, await db.Annotations.CountAsync(Cancellation));
        Assert.True(
            (await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(new Answer { NoneAcceptable = true }),
                cancellation: Cancellation)).Added);
    }

    [Fact]
    public async Task Many_steps_in_one_transaction_keep_the_rules()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 20);
        var annotator = await store.Labeling.CreateAnnotatorAsync(simulated: true, "gold", cancellation: Cancellation);
        int done = await store.Labeling.InTransactionAsync(async rules =>
        {
            int count = 0;
            for (; await rules.LeaseNextAsync(annotator, project) is { } task; count++)
                await rules.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2));
            return count;
        }, Cancellation);
        Assert.Equal(20, done);
        Assert.Equal(20, (await store.Labeling.ProgressAsync(project, Cancellation)).Complete);
    }

    private static async Task SubmitIfFreeAsync(LabelingService labeling, Guid annotator, LeasedTask task)
    {
        try
        {
            await labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2));
        }
        catch (UserError error)
        {
            Assert.Contains("it was given to someone else", error.Message);
        }
    }

    internal static async Task AnswerAllAsync(Store store, Guid project, bool simulated = false)
    {
        var annotator = await store.Labeling.CreateAnnotatorAsync(simulated);
        while (await store.Labeling.LeaseNextAsync(annotator, project) is { } task)
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2));
    }
}
