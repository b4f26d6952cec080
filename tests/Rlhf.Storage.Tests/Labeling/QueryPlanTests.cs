using Microsoft.EntityFrameworkCore;

namespace Rlhf.Storage.Tests.Labeling;

/// <summary>That the time of labeling does not grow with what is there: a large project is measured by tests/bars/labeling-scale.sh.</summary>
public sealed class QueryPlanTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_search_for_the_next_task_begins_where_the_person_left_off()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 20, overlap: 3);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        for (int i = 0; i < 12; i++)
        {
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        }
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(11, (await db.Members.SingleAsync(Cancellation)).NextPosition);
        Assert.Equal(20, await db.Tasks.CountAsync(t => t.Open, Cancellation));
    }
}
