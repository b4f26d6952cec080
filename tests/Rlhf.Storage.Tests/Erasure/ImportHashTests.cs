using System.Text;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Storage.Import;

namespace Rlhf.Storage.Tests.Erasure;

/// <summary>What an import keeps to know a file again gives nothing away of answers that were erased.</summary>
public sealed class ImportHashTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Every weak order of three completions.</summary>
    private static readonly string[] s_orders =
    [
        .. from a in (int[])[1, 2, 3] from b in (int[])[1, 2, 3] from c in (int[])[1, 2, 3] where a == 1 || b == 1 || c == 1
           select $"[{a},{b},{c}]",
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_program_that_tries_all_orders_learns_nothing_from_what_is_left(bool collected)
    {
        const string Truth = "[2,1,2]";
        await using var store = await Store.OpenAsync();
        var kept = await ImportAsync(store, collected, Truth);
        Assert.Equal([Truth], await FoundAsync(store, collected));

        Guid annotator;
        await using (var db = store.Database.OpenReadContext())
            annotator = await db.Annotations.Select(a => a.AnnotatorId).Distinct().SingleAsync(Cancellation);
        await new Erasures(store.Database, new Home(store["."])).EraseAsync(ErasureKind.Annotator, annotator, Cancellation);
        Assert.Empty(await FoundAsync(store, collected));
        await using var after = store.Database.OpenReadContext();
        Assert.Equal(kept, (await after.Projects.SingleAsync(Cancellation)).Id);
        Assert.Equal(0, (await after.Tasks.SingleAsync(Cancellation)).Answered);
    }

    [Fact]
    public async Task The_same_file_brings_nothing_back_and_another_one_comes_in()
    {
        await using var store = await Store.OpenAsync();
        await ImportAsync(store, collected: false, "[1,2,2]");
        Guid annotation, project;
        await using (var db = store.Database.OpenReadContext())
        {
            annotation = (await db.Annotations.SingleAsync(Cancellation)).Id;
            project = (await db.Projects.SingleAsync(Cancellation)).Id;
        }
        await new Erasures(store.Database, new Home(store["."])).EraseAsync(ErasureKind.Annotation, annotation, Cancellation);
        var import = new ProjectImport(store.Database);
        var again = await import.ImportAsync(project, new ImportSource(store["file.jsonl"]), Cancellation);
        Assert.Equal((0, 0, 1), (again.Tasks, again.Annotations, again.Known));
        File.WriteAllText(store["other.jsonl"], """{"prompt":"another","completions":["a","b","c"],"ranks":[1,2,2]}""");
        var other = await import.ImportAsync(project, new ImportSource(store["other.jsonl"]), Cancellation);
        Assert.Equal((1, 1), (other.Tasks, other.Annotations));
    }

    [Fact]
    public async Task Equal_tasks_that_were_both_answered_are_both_erased()
    {
        await using var store = await Store.OpenAsync();
        await ImportAsync(store, collected: false, "[1,2,2]", "[1,2,2]", "[2,1,1]");
        Guid annotator;
        await using (var db = store.Database.OpenReadContext())
            annotator = await db.Annotations.Select(a => a.AnnotatorId).Distinct().SingleAsync(Cancellation);
        var result = await new Erasures(store.Database, new Home(store["."])).EraseAsync(ErasureKind.Annotator, annotator, Cancellation);
        Assert.Equal(3, result.Annotations);
        await using var after = store.Database.OpenReadContext();
        Assert.Equal(3, await after.Tasks.Select(t => t.ContentKey).Distinct().CountAsync(Cancellation));
    }

    private static async Task<Guid> ImportAsync(Store store, bool collected, params string[] orders)
    {
        File.WriteAllLines(store["file.jsonl"],
            orders.Select(ranks => $$"""{"prompt":"prompt","completions":["a","b","c"],"ranks":{{ranks}}}"""));
        return collected
            ? (await new JudgmentImport(store.Database).ImportAsync(store["file.jsonl"], 0, Cancellation)).Project
            : (await new ProjectImport(store.Database).ImportAsync("p", new ImportSource(store["file.jsonl"]), Cancellation)).Project;
    }

    /// <summary>
    /// The orders that leave a trace: each is imported elsewhere, and what names that import and its task is looked for in every byte of
    /// the home folder, as text and as bytes.
    /// </summary>
    private static async Task<IReadOnlyList<string>> FoundAsync(Store store, bool collected)
    {
        byte[][] files = [.. Directory.GetFiles(store["."], "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "file.jsonl").Select(ErasureTests.Read)];
        var found = new List<string>();
        foreach (string order in s_orders)
        {
            await using var elsewhere = await Store.OpenAsync();
            await ImportAsync(elsewhere, collected, order);
            await using var db = elsewhere.Database.OpenReadContext();
            var names = await db.Tasks.Select(t => t.ContentKey).ToListAsync(Cancellation);
            names.AddRange((await db.Projects.Select(p => p.ContentSha256).ToListAsync(Cancellation)).OfType<string>());
            // Names show the beginning of a hash.
            if (names.Any(name => files.Any(file => file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name[..12])) >= 0
                || file.AsSpan().IndexOf(Convert.FromHexString(name)) >= 0)))
                found.Add(order);
        }
        return found;
    }
}
