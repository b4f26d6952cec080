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
internal sealed record ReviewedRanking(Guid? AnnotationId, ReviewDecision Decision, bool Latest, SaltedContent? Content);

/// <summary>Reads rankings task by task: a few rows of the database are in memory at a time, however many there are.</summary>
internal sealed class RankingReader(RlhfDbContext db, string question, string? goldReward)
{
    private readonly string _gold = goldReward ?? "";

    /// <summary>The selected annotations of one task after another, in the order of the tasks' ids.</summary>
    /// <param name="selected">Which revisions.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async IAsyncEnumerable<IReadOnlyList<StoredRanking>> ReadAsync(
        IQueryable<SelectedAnnotation> selected, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var rows = from s in selected
                   join t in db.Tasks on s.Row.TaskId equals t.Id
                   orderby s.Row.TaskId, s.Row.Id
                   select new { s.EntryHash, s.Row.Id, s.Row.TaskId, s.Row.AnnotatorId, s.Row.Answers, s.Row.IsSimulated, s.Row.Salt, s.Row.Erased, t.Context, t.SplitGroup };
        var tasks = selected.Select(s => s.Row.TaskId);
        await using var completions = new Following<CompletionRow>(CompletionRows(tasks), row => row.TaskId, cancellation);
        await using var reviews = new Following<ReviewRow>(ReviewRows(tasks), row => row.Review.TaskId, cancellation);
        var group = new List<StoredRanking>();
        TaskContent? task = null;
        IReadOnlyList<ReviewRow> reviewed = [];
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (task?.Id != row.TaskId)
            {
                if (group.Count > 0)
                    yield return group;
                group = [];
                task = new TaskContent(row.TaskId, row.Context, row.SplitGroup,
                    [.. (await completions.TakeAsync(row.TaskId)).Select(c => TaskCompletion.Create(c.Content, c.Context, c.Ids, c.Gold))]);
                reviewed = await reviews.TakeAsync(row.TaskId);
            }
            group.Add(new StoredRanking(row.Id, row.AnnotatorId, row.Erased is not null, row.EntryHash, Content(task, row.Answers, row.Salt, row.IsSimulated),
                [.. reviewed.Where(r => r.Review.AnnotationId is null || r.Review.AnnotationId == row.Id).Select(r => new ReviewedRanking(
                    r.Review.AnnotationId, r.Review.Decision, r.Review.Latest,
                    Content(task, r.Review.Answers, r.Review.Salt, r.Review.AnnotationId is null ? r.Simulated : row.IsSimulated)))]));
        }
        if (group.Count > 0)
            yield return group;
    }

    private SaltedContent? Content(TaskContent task, Answers? answers, byte[]? salt, bool simulated) =>
        answers is not null && answers.TryGetValue(question, out var answer) && RankedContent.Create(task, answer, simulated) is { } content
            ? new SaltedContent(content, salt)
            : null;

    private IQueryable<CompletionRow> CompletionRows(IQueryable<Guid> tasks) =>
        from c in db.Completions
        where tasks.Contains(c.TaskId)
        orderby c.TaskId, c.Index
        select new CompletionRow(c.TaskId, c.Content, c.Context, c.Tokens == null ? null : c.Tokens.Ids,
            c.Golds.Where(g => g.GoldReward == _gold).Select(g => (double?)g.Score).FirstOrDefault());

    private IQueryable<ReviewRow> ReviewRows(IQueryable<Guid> tasks) =>
        from r in db.Reviews
        where tasks.Contains(r.TaskId)
        orderby r.TaskId, r.Id
        select new ReviewRow(r, db.Annotators.Where(a => a.Id == r.ReviewerId).Select(a => a.IsSimulated).FirstOrDefault());

    private sealed record CompletionRow(Guid TaskId, IReadOnlyList<Message> Content, IReadOnlyList<Message>? Context, int[]? Ids, double? Gold);

    private sealed record ReviewRow(Review Review, bool Simulated);

    /// <summary>Rows that are in the order of tasks too: those of the next task are taken off the front.</summary>
    private sealed class Following<T>(IQueryable<T> rows, Func<T, Guid> task, CancellationToken cancellation) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<T> _rows = rows.AsAsyncEnumerable().GetAsyncEnumerator(cancellation);
        private bool? _more;

        public async Task<IReadOnlyList<T>> TakeAsync(Guid wanted)
        {
            var taken = new List<T>();
            for (_more ??= await _rows.MoveNextAsync(); _more.Value && task(_rows.Current) == wanted; _more = await _rows.MoveNextAsync())
                taken.Add(_rows.Current);
            return taken;
        }

        public ValueTask DisposeAsync() => _rows.DisposeAsync();
    }
}
