using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Erasure;

/// <summary>Marks what was made from annotations that were erased or excluded later: dataset versions, runs, checkpoints.</summary>
internal static class StaleDescendants
{
    /// <summary>How much was marked, of each kind, and which runs.</summary>
    public sealed record Marked(IReadOnlyCollection<Guid> Versions, IReadOnlyCollection<Guid> Runs, IReadOnlyCollection<Guid> Checkpoints);

    /// <summary>Walks from the dataset versions that hold these annotations down to the last checkpoint.</summary>
    /// <param name="db">In a transaction.</param>
    /// <param name="annotations">The annotations.</param>
    /// <param name="cause">Why.</param>
    /// <param name="causeId">The erasure or exclusion.</param>
    /// <param name="now">The time.</param>
    /// <param name="further">Versions that are marked too.</param>
    public static async Task<Marked> MarkAsync(
        RlhfDbContext db, IQueryable<Guid> annotations, StaleCause cause, Guid causeId, DateTimeOffset now,
        IReadOnlyCollection<Guid>? further = null)
    {
        var versions = await db.DatasetVersionEntries.Where(e => annotations.Contains(e.AnnotationId)).Select(e => e.DatasetVersionId)
            .Distinct().ToListAsync();
        versions = [.. versions.Union(further ?? [])];
        var runs = await db.Runs.Where(r => r.DatasetVersionId != null && versions.Contains(r.DatasetVersionId.Value)).Select(r => r.Id)
            .ToListAsync();
        var checkpoints = new List<Guid>();
        while (true)
        {
            var found = await db.Checkpoints.Where(c => !checkpoints.Contains(c.Id)
                && ((c.DatasetVersionId != null && versions.Contains(c.DatasetVersionId.Value))
                    || (c.RunId != null && runs.Contains(c.RunId.Value))
                    || c.Parents.Any(p => checkpoints.Contains(p.ParentId))))
                .Select(c => new { c.Id, c.RunId }).ToListAsync();
            if (found.Count == 0)
                break;
            checkpoints.AddRange(found.Select(c => c.Id));
            runs = [.. runs.Union(found.Select(c => c.RunId).OfType<Guid>())];
        }
        Add(versions, StaleTarget.DatasetVersion);
        Add(runs, StaleTarget.Run);
        Add(checkpoints, StaleTarget.Checkpoint);
        await db.SaveChangesAsync();
        return new Marked(versions, runs, checkpoints);

        void Add(IEnumerable<Guid> targets, StaleTarget kind) => db.StaleMarks.AddRange(targets.Select(target =>
            new StaleMark { Target = kind, TargetId = target, Cause = cause, CauseId = causeId, Created = now }));
    }
}
