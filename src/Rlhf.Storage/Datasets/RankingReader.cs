using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Datasets;

/// <summary>An annotation revision that is read.</summary>
internal sealed class SelectedAnnotation
{
    public required Annotation Row { get; init; }

    /// <summary>What a dataset version has of it; null while none is read.</summary>
    public byte[]? EntryHash { get; init; }
}

/// <summary>One annotation revision with what it says and what reviewers said of it.</summary>
/// <param name="Own">Null where it ranks fewer than two completions, or was erased.</param>
/// <param name="Reviews">Of this revision, and adjudications of its task.</param>
internal sealed record StoredRanking(
    Guid AnnotationId, Guid AnnotatorId, bool Erased, byte[]? EntryHash, SaltedContent? Own, IReadOnlyList<ReviewedRanking> Reviews);

/// <summary>A reviewer's decision.</summary>
/// <param name="Content">The ranking as the reviewer gave it; null where the decision has none.</param>
internal sealed record ReviewedRanking(
    Guid? AnnotationId, Guid ReviewerId, ReviewDecision Decision, bool Latest, bool Erased, SaltedContent? Content);

/// <summary>Reads rankings task by task; some hundred tasks are in memory at a time, however many there are.</summary>
internal sealed class RankingReader(RlhfDbContext db, string question, string? goldReward)
{
    private const int TasksTogether = 200;

    private readonly string _gold = goldReward ?? "";

    /// <summary>The selected annotations of one task after another, in the order of the tasks' ids.</summary>
    /// <param name="selected">Which revisions.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async IAsyncEnumerable<IReadOnlyList<StoredRanking>> ReadAsync(
        IQueryable<SelectedAnnotation> selected, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Only ids and hashes are sorted: with the texts, SQLite would sort hundreds of MB in temporary files.
        var chosen =
            from s in selected
            orderby s.Row.TaskId, s.Row.Id
            select new Chosen(s.Row.TaskId, s.Row.Id, s.EntryHash);
        var together = new List<Chosen>();
        int tasks = 0;
        // SQLite hands out the rows of one query while others run on the same connection, so that their ids need no place in memory.
        await foreach (var next in chosen.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (together.Count > 0 && together[^1].TaskId != next.TaskId && ++tasks == TasksTogether)
            {
                foreach (var task in await ReadAsync(together, cancellation))
                    yield return task;
                together.Clear();
                tasks = 0;
            }
            together.Add(next);
        }
        foreach (var task in await ReadAsync(together, cancellation))
            yield return task;
    }

    private async Task<IEnumerable<IReadOnlyList<StoredRanking>>> ReadAsync(IReadOnlyList<Chosen> chosen, CancellationToken cancellation)
    {
        var ids = chosen.Select(c => c.TaskId).Distinct().ToList();
        var tasks = await db.Tasks.Where(t => ids.Contains(t.Id)).Select(t => new { t.Id, t.Context, t.SplitGroup })
            .ToDictionaryAsync(t => t.Id, cancellation);
        var completions = (await Completions(ids).ToListAsync(cancellation)).ToLookup(c => c.TaskId);
        var reviews = (await Reviews(ids).ToListAsync(cancellation)).ToLookup(r => r.Review.TaskId);
        var annotations = await db.Annotations.Where(a => ids.Contains(a.TaskId))
            .Select(a => new AnnotationRow(a.Id, a.AnnotatorId, a.Answers, a.IsSimulated, a.Salt, a.Erased != null))
            .ToDictionaryAsync(a => a.Id, cancellation);
        return chosen.GroupBy(c => c.TaskId).Select(group =>
        {
            var task = new TaskContent(tasks[group.Key].Context, tasks[group.Key].SplitGroup,
                [.. completions[group.Key].Select(c => TaskCompletion.Create(c.Content, c.Context, c.Ids, c.Gold))]);
            return group.Select(c => Ranking(task, annotations[c.Id], c.EntryHash, reviews[group.Key])).ToList();
        });
    }

    private StoredRanking Ranking(TaskContent task, AnnotationRow row, byte[]? entryHash, IEnumerable<ReviewRow> reviews) => new(
        row.Id, row.AnnotatorId, row.Erased, entryHash, Content(task, row.Answers, row.Salt, row.IsSimulated),
        [.. reviews.Where(r => r.Review.AnnotationId is null || r.Review.AnnotationId == row.Id).Select(r => new ReviewedRanking(
            r.Review.AnnotationId, r.Review.ReviewerId, r.Review.Decision, r.Review.Latest, r.Review.Erased is not null,
            Content(task, r.Review.Answers, r.Review.Salt, r.Review.AnnotationId is null ? r.Simulated : row.IsSimulated)))]);

    private SaltedContent? Content(TaskContent task, Answers? answers, byte[]? salt, bool simulated) =>
        answers is not null && answers.TryGetValue(question, out var answer) && RankedContent.Create(task, answer, simulated) is { } content
            ? new SaltedContent(content, salt)
            : null;

    private IQueryable<CompletionRow> Completions(IReadOnlyList<Guid> tasks) =>
        from c in db.Completions
        where tasks.Contains(c.TaskId)
        orderby c.TaskId, c.Index
        select new CompletionRow(c.TaskId, c.Content, c.Context, c.Tokens == null ? null : c.Tokens.Ids,
            c.Golds.Where(g => g.GoldReward == _gold).Select(g => (double?)g.Score).FirstOrDefault());

    private IQueryable<ReviewRow> Reviews(IReadOnlyList<Guid> tasks) =>
        from r in db.Reviews
        where tasks.Contains(r.TaskId)
        orderby r.TaskId, r.Id
        select new ReviewRow(r, db.Annotators.Where(a => a.Id == r.ReviewerId).Select(a => a.IsSimulated).FirstOrDefault());

    private sealed record Chosen(Guid TaskId, Guid Id, byte[]? EntryHash);

    private sealed record AnnotationRow(Guid Id, Guid AnnotatorId, Answers Answers, bool IsSimulated, byte[]? Salt, bool Erased);

    private sealed record CompletionRow(
        Guid TaskId, IReadOnlyList<Message> Content, IReadOnlyList<Message>? Context, int[]? Ids, double? Gold);

    private sealed record ReviewRow(Review Review, bool Simulated);
}
