using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Erasure;

/// <summary>Dataset versions in which what a reviewer edited or adjudicated stands in place of what annotators said.</summary>
internal static class ReviewedVersions
{
    /// <summary>Those of one reviewer, also after their answers were erased.</summary>
    public static async Task<IReadOnlyList<Guid>> FindAsync(RlhfDbContext db, Guid reviewer, CancellationToken cancellation)
    {
        var tasks = db.Reviews
            .Where(r => r.ReviewerId == reviewer && (r.Decision == ReviewDecision.Edited || r.Decision == ReviewDecision.Adjudicated))
            .Select(r => r.TaskId);
        var versions = await db.DatasetVersions.AsNoTracking().Where(v => v.Manifest != "{}" && db.DatasetVersionEntries.Any(e =>
            e.DatasetVersionId == v.Id && db.Annotations.Any(a => a.Id == e.AnnotationId && tasks.Contains(a.TaskId))))
            .ToListAsync(cancellation);
        var found = new List<Guid>();
        foreach (var version in versions)
        {
            var reader = new RankingReader(db, Manifest.Parse(version).Question, goldReward: null);
            var entries = VersionEntries.Of(db, version.Id).Where(entry => tasks.Contains(entry.Row.TaskId));
            await foreach (var task in reader.ReadAsync(entries, cancellation))
            {
                if (task.Any(ranking => IsFrom(ranking, reviewer)))
                {
                    found.Add(version.Id);
                    break;
                }
            }
        }
        return found;
    }

    private static bool IsFrom(StoredRanking ranking, Guid reviewer) => VersionSelection.Match(ranking) is { } content
        ? ranking.Reviews.Any(r => r.ReviewerId == reviewer && ReferenceEquals(r.Content, content))
        : ranking.Reviews.Any(r => r.ReviewerId == reviewer && r.Erased);
}
