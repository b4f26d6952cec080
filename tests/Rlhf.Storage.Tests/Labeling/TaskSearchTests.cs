using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling;

/// <summary>That no transaction walks over all that somebody has settled.</summary>
public sealed class TaskSearchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_search_looks_at_some_tasks_in_each_transaction_and_keeps_its_place()
    {
        await using var store = await Store.OpenAsync();
        var (project, annotator) = await SettledAsync(store, tasks: 20, settled: 12);
        var search = new TaskSearch(tasksTogether: 5);
        Assert.Null(await StepAsync(store, annotator, project, search));
        Assert.Equal(5, await PlaceAsync(store));
        Assert.Null(await StepAsync(store, annotator, project, search));
        Assert.Equal(10, await PlaceAsync(store));
        var task = Assert.Single((await StepAsync(store, annotator, project, search))!.Tasks);
        Assert.Equal(12, await PlaceAsync(store));
        Assert.Equal(12, await PositionAsync(store, task));
    }

    [Fact]
    public async Task Tasks_that_are_done_take_no_step()
    {
        await using var store = await Store.OpenAsync();
        var (project, annotator) = await SettledAsync(store, tasks: 20, settled: 2);
        await store.Database.WriteAsync(
            db => db.Database.ExecuteSqlAsync($"UPDATE Tasks SET Open = 0 WHERE Position BETWEEN 2 AND 18", Cancellation), Cancellation);
        var search = new TaskSearch(tasksTogether: 3);
        Assert.Null(await StepAsync(store, annotator, project, search));
        Assert.Equal(19, await PositionAsync(store, Assert.Single((await StepAsync(store, annotator, project, search))!.Tasks)));
        // Nothing is left: the same search ends with that, and so does a search without bounds.
        await store.Database.WriteAsync(db => db.Database.ExecuteSqlAsync($"UPDATE Tasks SET Open = 0", Cancellation), Cancellation);
        var other = await LeaseTests.AnnotatorAsync(store);
        Assert.Equal(WaitReason.Complete, (await StepAsync(store, other, project, new TaskSearch(tasksTogether: 3)))!.Waiting!.Reason);
    }

    [Fact]
    public async Task A_search_for_a_free_seat_goes_on_behind_tasks_that_others_hold()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 9, overlap: 1);
        for (int i = 0; i < 8; i++)
            Assert.NotNull(await store.Labeling.LeaseNextAsync(
                await LeaseTests.AnnotatorAsync(store), project, cancellation: Cancellation));
        var annotator = await LeaseTests.AnnotatorAsync(store);
        var search = new TaskSearch(tasksTogether: 3);
        Assert.Null(await StepAsync(store, annotator, project, search));
        Assert.Null(await StepAsync(store, annotator, project, search));
        Assert.Equal(8, await PositionAsync(store, Assert.Single((await StepAsync(store, annotator, project, search))!.Tasks)));
        // What is merely held stays ahead: its lease may expire.
        Assert.Equal(0, await PlaceAsync(store, annotator));
    }

    [Fact]
    public async Task Somebody_who_settled_more_than_one_step_gets_the_next_task_in_one_call()
    {
        await using var store = await Store.OpenAsync();
        const int settled = (2 * TaskSearch.TasksTogether) + 1;
        var (project, annotator) = await SettledAsync(store, settled + 1, settled);
        var task = await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation);
        Assert.Equal(settled, await PositionAsync(store, task!));
    }

    /// <summary>
    /// A project whose tasks all want another answer, the first of them from others than this annotator, whose place is not known.
    /// </summary>
    private static async Task<(Guid Project, Guid Annotator)> SettledAsync(Store store, int tasks, int settled)
    {
        var project = await store.ProjectAsync(tasks, overlap: 2);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        var first = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await store.Labeling.SubmitAsync(annotator, first.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        await store.Database.WriteAsync(async db =>
        {
            await db.Database.ExecuteSqlAsync($"""
                INSERT INTO Assignments (Id, ProjectId, TaskId, AnnotatorId, Round, State, Leased, Expires, Closed)
                SELECT printf('00000000-0000-0000-0000-%012d', t.Position), t.ProjectId, t.Id, {annotator}, 0, 'Submitted', 0, 0, 0
                FROM Tasks t WHERE t.Position > 0 AND t.Position < {settled}
                """, Cancellation);
            await db.Members.ExecuteUpdateAsync(set => set.SetProperty(m => m.NextPosition, 0), Cancellation);
        }, Cancellation);
        return (project, annotator);
    }

    private static Task<LeaseOutcome?> StepAsync(Store store, Guid annotator, Guid project, TaskSearch search) =>
        store.Labeling.InTransactionAsync(rules => rules.TryLeaseAsync(annotator, project, 1, null, search), Cancellation);

    private static async Task<long> PlaceAsync(Store store, Guid? annotator = null)
    {
        await using var db = store.Database.OpenReadContext();
        return await db.Members.Where(m => annotator == null || m.AnnotatorId == annotator).Select(m => m.NextPosition)
            .SingleAsync(Cancellation);
    }

    private static async Task<long> PositionAsync(Store store, LeasedTask task)
    {
        await using var db = store.Database.OpenReadContext();
        return await db.Tasks.Where(t => t.Id == task.TaskId).Select(t => t.Position).SingleAsync(Cancellation);
    }
}
