using Rlhf.Storage.Labeling;
using Rlhf.Storage.Quality;

namespace Rlhf.Storage.Tests.Quality;

public sealed class PayReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Active_time_counts_where_it_is_known_else_at_most_the_idle_allowance()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 3, overlap: 3);
        var people = await QualityStore.AnswerAsync(store, project, 3,
            (k, task) => k == 2 && QualityStore.Text(task, 0) == "a 0" ? null : Store.Ranks(1, 2),
            k => k switch
            {
                // Ten minutes at the task, four of them active.
                0 => new AnnotationContext(600, 240),
                // Nothing but the time taken: 120 s of it may be reading.
                1 => new AnnotationContext(300),
                _ => new AnnotationContext(30),
            });
        var pay = await new PayReader(store.Database).ReadAsync(project, Cancellation);
        Assert.Equal(people, pay.Select(row => row.Annotator));
        Assert.Equal([720, 360, 60], pay.Select(row => row.ActiveSeconds));
        Assert.Equal([3, 3, 2], pay.Select(row => row.Answers));
        Assert.Equal([0, 0, 1], pay.Select(row => row.Skipped));
        Assert.Equal(0.2, pay[0].Hours, 12);
        Assert.True(pay[0].First < pay[0].Last);
    }

    [Fact]
    public async Task A_correction_is_counted_as_one_and_excluded_people_are_paid()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var people = await QualityStore.AnswerAsync(
            store, project, 1, (_, _) => Store.Ranks(1, 2), _ => new AnnotationContext(60, 50));
        await using (var db = store.Database.OpenReadContext())
        {
            await store.Labeling.CorrectAsync(people[0], db.Annotations.Single().AssignmentId, 1, Store.Ranks(2, 1),
                new AnnotationContext(20, 10), Cancellation);
        }
        await new LabelingMembers(store.Database, store.Clock).ExcludeAsync(project, people[0], "x", cancellation: Cancellation);
        var row = Assert.Single(await new PayReader(store.Database).ReadAsync(project, Cancellation));
        Assert.Equal((1, 1, 60.0), (row.Answers, row.Corrections, row.ActiveSeconds));
        Assert.StartsWith("no labeling project", await Store.RefusalAsync(() => new PayReader(store.Database).ReadAsync(Guid.Empty)));
    }
}
