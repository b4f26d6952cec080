using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Tests;

public sealed class PreparedCommandsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_statement_is_prepared_once_in_a_transaction_whatever_its_parameters()
    {
        await using var store = await Store.OpenAsync();
        var found = await store.Database.WriteAsync(async db =>
        {
            for (int i = 0; i < 3; i++)
            {
                db.Add(new Annotator { Description = $"annotator {i}", Created = store.Clock.Now });
                await db.SaveChangesAsync(Cancellation);
            }
            var descriptions = new List<string?>();
            foreach (string wanted in new[] { "annotator 2", "nobody", "annotator 0" })
                descriptions.Add(await db.Annotators.AsNoTracking().Where(a => a.Description == wanted).Select(a => a.Description)
                    .SingleOrDefaultAsync(Cancellation));
            // One insertion, one query.
            Assert.Equal(2, db.Prepared!.Count);
            return descriptions;
        }, Cancellation);
        Assert.Equal(["annotator 2", null, "annotator 0"], found);
        await using var read = store.Database.OpenReadContext();
        Assert.Equal(3, await read.Annotators.CountAsync(Cancellation));
        Assert.Null(read.Prepared);
    }

    [Fact]
    public async Task A_query_inside_of_the_same_query_has_rows_of_its_own()
    {
        await using var store = await Store.OpenAsync();
        await store.Database.WriteAsync(async db =>
        {
            for (int i = 0; i < 3; i++)
                db.Add(new Annotator { Description = $"{i}", Created = store.Clock.Now });
            await db.SaveChangesAsync(Cancellation);
            var pairs = new List<string>();
            await foreach (string outer in All())
            {
                await foreach (string inner in All())
                    pairs.Add(outer + inner);
            }
            Assert.Equal(["00", "01", "02", "10", "11", "12", "20", "21", "22"], pairs);

            IAsyncEnumerable<string> All() =>
                db.Annotators.AsNoTracking().OrderBy(a => a.Description).Select(a => a.Description).AsAsyncEnumerable();
        }, Cancellation);
    }

    [Fact]
    public async Task A_statement_that_failed_works_again_in_the_same_transaction()
    {
        await using var store = await Store.OpenAsync();
        var id = Guid.NewGuid();
        await store.Database.WriteAsync(async db =>
        {
            await AddAsync(id);
            await Assert.ThrowsAsync<DbUpdateException>(() => AddAsync(id));
            db.ChangeTracker.Clear();
            await AddAsync(Guid.NewGuid());

            Task AddAsync(Guid which)
            {
                db.ChangeTracker.Clear();
                db.Add(new Annotator { Id = which, Created = store.Clock.Now });
                return db.SaveChangesAsync(Cancellation);
            }
        }, Cancellation);
        await using var read = store.Database.OpenReadContext();
        Assert.Equal(2, await read.Annotators.CountAsync(Cancellation));
    }
}
