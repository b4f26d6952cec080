using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling;

/// <summary>What is fixed when a lease is given, several leases at once, and why there is none.</summary>
public sealed class LeaseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_assignment_of_somebody_else_does_not_exist()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2);
        var (owner, other) = (await AnnotatorAsync(store), await AnnotatorAsync(store));
        var task = (await store.Labeling.LeaseNextAsync(owner, project, cancellation: Cancellation))!;
        string missing = await Store.RefusalAsync(() => store.Labeling.SubmitAsync(other, Guid.Empty, Store.Ranks(1, 2)));
        Assert.Equal($"no assignment {Guid.Empty}", missing);
        var attempts = new Func<Task>[]
        {
            () => store.Labeling.SubmitAsync(other, task.AssignmentId, Store.Ranks(1, 2)),
            () => store.Labeling.SkipAsync(other, task.AssignmentId, "unclear"),
            () => store.Labeling.CorrectAsync(other, task.AssignmentId, 1, Store.Ranks(1, 2)),
            () => store.Labeling.SaveDraftAsync(other, task.AssignmentId, [], 1),
            () => store.Labeling.DeleteDraftAsync(other, task.AssignmentId),
        };
        foreach (var attempt in attempts)
            Assert.Equal($"no assignment {task.AssignmentId}", await Store.RefusalAsync(attempt));
        await store.Labeling.SubmitAsync(owner, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        // Neither is it there once it was submitted, though the same answers again would change nothing.
        Assert.Equal($"no assignment {task.AssignmentId}", await Store.RefusalAsync(attempts[0]));
    }

    [Fact]
    public async Task Case_11_the_order_shown_is_drawn_for_each_person_at_the_lease_and_first_places_are_even()
    {
        await using var store = await Store.OpenAsync();
        const int People = 40, Tasks = 10, Completions = 4;
        var project = await store.ProjectAsync(Tasks, overlap: People, Completions);
        await store.Labeling.SetSettingsAsync(project, new ProjectSettings { MaxLeases = Tasks }, Cancellation);
        int[] first = new int[Completions];
        var orders = new HashSet<string>();
        for (int person = 0; person < People; person++)
        {
            var annotator = await AnnotatorAsync(store);
            foreach (var task in (await store.Labeling.LeaseAsync(annotator, project, Tasks, cancellation: Cancellation)).Tasks)
            {
                int[] order = [.. task.Completions.Select(c => c.Index)];
                Assert.Equal(Enumerable.Range(0, Completions), order.Order());
                first[order[0]]++;
                orders.Add(string.Join(',', order));
                await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2, 3, 4), cancellation: Cancellation);
            }
        }
        Assert.True(orders.Count > 15, $"{orders.Count} different orders");
        // χ² with 3 degrees of freedom is above 35 once in ten million runs (the ids, and so the draws, are new in each); it would be
        // 1,200 if the order were not drawn.
        double expected = (double)People * Tasks / Completions;
        Assert.InRange(first.Sum(f => (f - expected) * (f - expected) / expected), 0, 35);
        await using var db = store.Database.OpenReadContext();
        Assert.All(await db.Annotations.ToListAsync(Cancellation), a => Assert.Equal(
            PresentationOrder.Draw(a.TaskId, a.AnnotatorId, 0, Completions), a.OrderShown));
    }

    [Fact]
    public async Task An_annotation_names_the_version_that_was_shown_at_the_lease()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, overlap: 1);
        var annotator = await AnnotatorAsync(store);
        var before = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        Question[] revised = [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?") { Required = true }];
        Assert.Equal(2, await store.Labeling.ReviseProjectAsync(project, revised, "new", Cancellation));
        Assert.Equal(2, await store.Labeling.ReviseProjectAsync(project, revised, "new", Cancellation));
        // The old version asks for no text.
        await store.Labeling.SubmitAsync(annotator, before.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        var after = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        Assert.Contains("'why': the text is empty",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(annotator, after.AssignmentId, Store.Ranks(1, 2))));
        var answers = Store.Ranks(1, 2);
        answers["why"] = new Answer { Rationale = "shorter" };
        await store.Labeling.SubmitAsync(annotator, after.AssignmentId, answers, cancellation: Cancellation);
        // A correction answers the version that was shown, too.
        await store.Labeling.CorrectAsync(annotator, before.AssignmentId, 1, Store.Ranks(2, 1), cancellation: Cancellation);
        await using var db = store.Database.OpenReadContext();
        var versions = await db.ProjectVersions.ToDictionaryAsync(v => v.Id, v => v.Number, Cancellation);
        Assert.Equal([1, 1, 2], (await db.Annotations.ToListAsync(Cancellation)).Select(a => versions[a.ProjectVersionId]).Order());
        Assert.Equal([1, 2], new[] { before, after }.Select(t => versions[t.ProjectVersionId]));
    }

    [Fact]
    public async Task Several_leases_keep_their_order_and_are_renewed_together()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 5);
        var annotator = await AnnotatorAsync(store);
        var held = await store.Labeling.LeaseAsync(annotator, project, 3, cancellation: Cancellation);
        Assert.Equal(["prompt 0", "prompt 1", "prompt 2"], held.Tasks.Select(t => LabelingService.Texts(t).Prompt));
        Assert.Null(held.Waiting);
        store.Clock.Now += TimeSpan.FromMinutes(20);
        // More than the project's limit is not given.
        Assert.Equal(held.Tasks.Select(t => t.AssignmentId),
            (await store.Labeling.LeaseAsync(annotator, project, 9, cancellation: Cancellation)).Tasks.Select(t => t.AssignmentId));
        store.Clock.Now += TimeSpan.FromMinutes(20);
        // Looking changes nothing, renews nothing.
        Assert.Equal(3, (await store.Labeling.HeldAsync(annotator, project, Cancellation)).Count);
        store.Clock.Now += TimeSpan.FromMinutes(11);
        Assert.Empty(await store.Labeling.HeldAsync(annotator, project, Cancellation));
        Assert.Equal(held.Tasks[0].AssignmentId,
            (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!.AssignmentId);
    }

    [Fact]
    public async Task Waiting_is_said_with_its_reason_and_when()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var empty = await store.Labeling.CreateProjectAsync("empty", cancellation: Cancellation);
        var (one, other) = (await AnnotatorAsync(store), await AnnotatorAsync(store));
        Assert.Equal(WaitReason.Empty, (await store.Labeling.LeaseAsync(one, empty, 1, cancellation: Cancellation)).Waiting!.Reason);
        var held = await store.Labeling.LeaseAsync(one, project, 2, cancellation: Cancellation);
        Assert.Equal((1, WaitReason.AllDone), (held.Tasks.Count, held.Waiting!.Reason));
        var waiting = (await store.Labeling.LeaseAsync(other, project, 1, cancellation: Cancellation)).Waiting!;
        Assert.Equal((WaitReason.SeatsTaken, store.Clock.Now.AddMinutes(30)), (waiting.Reason, waiting.Until));
        Assert.Equal("all seats are taken; the next may come free at 03:34 UTC", waiting.Message);
        await store.Labeling.SkipAsync(one, held.Tasks[0].AssignmentId, "unclear", Cancellation);
        Assert.Equal(WaitReason.AllDone, (await store.Labeling.LeaseAsync(one, project, 1, cancellation: Cancellation)).Waiting!.Reason);
        var task = (await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation))!;
        await store.Labeling.SubmitAsync(other, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        Assert.Equal(WaitReason.Complete, (await store.Labeling.LeaseAsync(one, project, 1, cancellation: Cancellation)).Waiting!.Reason);
    }

    [Fact]
    public async Task A_lower_overlap_keeps_the_leases_that_were_given_and_gives_no_new_ones()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1, overlap: 3);
        var people = new[] { await AnnotatorAsync(store), await AnnotatorAsync(store), await AnnotatorAsync(store) };
        var leases = new List<LeasedTask>();
        foreach (var person in people[..2])
            leases.Add((await store.Labeling.LeaseNextAsync(person, project, cancellation: Cancellation))!);
        await store.Labeling.SetOverlapAsync(project, 1, Cancellation);
        Assert.Null(await store.Labeling.LeaseNextAsync(people[2], project, cancellation: Cancellation));
        for (int i = 0; i < 2; i++)
            Assert.True(
                (await store.Labeling.SubmitAsync(people[i], leases[i].AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation)).Added);
        Assert.Equal(new LabelingProgress(1, 1, 2, 1), await store.Labeling.ProgressAsync(project, Cancellation));
    }

    [Fact]
    public async Task Who_has_answered_much_gets_a_task_that_opens_again()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 6, overlap: 2);
        var (one, other) = (await AnnotatorAsync(store), await AnnotatorAsync(store));
        var blocked = (await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation))!;
        var third = await AnnotatorAsync(store);
        await store.Labeling.LeaseNextAsync(third, project, cancellation: Cancellation);
        // Both seats of the first task are taken: one answers the five others and waits.
        await AnswerAllAsync(store, one, project, 5);
        Assert.Equal(WaitReason.SeatsTaken, (await store.Labeling.LeaseAsync(one, project, 1, cancellation: Cancellation)).Waiting!.Reason);
        store.Clock.Now += TimeSpan.FromHours(1);
        Assert.Equal(blocked.TaskId, (await store.Labeling.LeaseNextAsync(one, project, cancellation: Cancellation))!.TaskId);
        await AnswerAllAsync(store, one, project, 1);
        await AnswerAllAsync(store, other, project, 6);
        Assert.Equal(new LabelingProgress(6, 6, 12, 12), await store.Labeling.ProgressAsync(project, Cancellation));
        // Past the end of everything, and yet reached again.
        Assert.Null(await store.Labeling.LeaseNextAsync(third, project, cancellation: Cancellation));
        await store.Labeling.SetOverlapAsync(project, 3, Cancellation);
        await AnswerAllAsync(store, third, project, 6);
        await store.Labeling.AddTasksAsync(project, [Store.Task("later", "a", "b")], cancellation: Cancellation);
        await AnswerAllAsync(store, one, project, 1);
    }

    [Fact]
    public async Task A_late_answer_is_taken_while_the_seat_is_free_and_refused_while_somebody_else_holds_it()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, overlap: 1);
        var (slow, other) = (await AnnotatorAsync(store), await AnnotatorAsync(store));
        var late = await store.Labeling.LeaseAsync(slow, project, 2, cancellation: Cancellation);
        store.Clock.Now += TimeSpan.FromMinutes(31);
        // The other takes the first seat and has not answered yet; nobody holds the second.
        Assert.Equal(late.Tasks[0].TaskId, (await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation))!.TaskId);
        Assert.StartsWith("the time for this task ran out and it was given to someone else",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(slow, late.Tasks[0].AssignmentId, Store.Ranks(1, 2))));
        await store.Labeling.SubmitAsync(slow, late.Tasks[1].AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        // The other's lease runs out too: whoever answers first has the seat.
        store.Clock.Now += TimeSpan.FromMinutes(31);
        await store.Labeling.SubmitAsync(slow, late.Tasks[0].AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        await using var db = store.Database.OpenReadContext();
        Assert.Equal([slow, slow], await db.Annotations.Select(a => a.AnnotatorId).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task A_task_has_as_many_seats_as_it_says_itself()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1, overlap: 1);
        await store.Labeling.AddTasksAsync(project, [Store.Task("two", "a", "b") with { Overlap = 2 }], cancellation: Cancellation);
        // The seat of the first task and one of the second are held; the other of the second is free.
        var held = await store.Labeling.LeaseAsync(await AnnotatorAsync(store), project, 2, cancellation: Cancellation);
        Assert.Equal(["prompt 0", "two"], held.Tasks.Select(t => LabelingService.Texts(t).Prompt));
        var second = await AnnotatorAsync(store);
        Assert.Equal(held.Tasks[1].TaskId, (await store.Labeling.LeaseNextAsync(second, project, cancellation: Cancellation))!.TaskId);
        await AnswerAllAsync(store, second, project, 1);
        Assert.Null(await store.Labeling.LeaseNextAsync(await AnnotatorAsync(store), project, cancellation: Cancellation));
        store.Clock.Now += TimeSpan.FromMinutes(31);
        await AnswerAllAsync(store, await AnnotatorAsync(store), project, 2);
        await AnswerAllAsync(store, await AnnotatorAsync(store), project, 0);
    }

    [Fact]
    public async Task A_seat_at_a_task_that_they_have_answered_is_not_waited_for()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1, overlap: 2);
        var (one, other) = (await AnnotatorAsync(store), await AnnotatorAsync(store));
        await AnswerAllAsync(store, one, project, 1);
        store.Clock.Now += TimeSpan.FromMinutes(31);
        await store.Labeling.LeaseNextAsync(other, project, cancellation: Cancellation);
        Assert.Equal(WaitReason.AllDone, (await store.Labeling.LeaseAsync(one, project, 1, cancellation: Cancellation)).Waiting!.Reason);
    }

    [Fact]
    public async Task The_time_taken_is_never_longer_than_the_lease_has_lasted()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var annotator = await AnnotatorAsync(store);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        store.Clock.Now += TimeSpan.FromSeconds(60);
        Assert.Contains("must be 0 or more seconds; got -1",
            await Store.RefusalAsync(
                () => store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), new AnnotationContext(-1))));
        await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), new AnnotationContext(9000, 8000), Cancellation);
        await using var db = store.Database.OpenReadContext();
        Assert.Equal((60, 60), await db.Annotations.SingleAsync(Cancellation) is var a ? (a.Seconds, a.ActiveSeconds) : default);
    }

    internal static async Task<Guid> AnnotatorAsync(Store store) => await store.Labeling.CreateAnnotatorAsync(simulated: false);

    /// <summary>Answers everything that somebody gets, and checks how much it was.</summary>
    private static async Task AnswerAllAsync(Store store, Guid annotator, Guid project, int expected)
    {
        int answered = 0;
        for (; await store.Labeling.LeaseNextAsync(annotator, project) is { } task; answered++)
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2));
        Assert.Equal(expected, answered);
    }
}
