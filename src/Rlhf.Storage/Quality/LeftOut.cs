using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Quality;

/// <summary>Whose and which answers of a project are excluded, as for dataset versions.</summary>
internal sealed class LeftOut
{
    private readonly HashSet<Guid> _members;
    private readonly IReadOnlyList<Exclusion> _exclusions;

    private LeftOut(HashSet<Guid> members, IReadOnlyList<Exclusion> exclusions) => (_members, _exclusions) = (members, exclusions);

    public static async Task<LeftOut> ReadAsync(RlhfDbContext db, Guid project, CancellationToken cancellation) => new(
        [.. await db.Members.Where(m => m.ProjectId == project && m.State == MemberState.Excluded).Select(m => m.AnnotatorId)
            .ToListAsync(cancellation)],
        await db.Exclusions.Where(e => e.Lifted == null && (e.ProjectId == null || e.ProjectId == project)).ToListAsync(cancellation));

    public bool Holds(Guid annotator, Guid task, Guid assignment) => _members.Contains(annotator) || _exclusions.Any(e =>
        (e.AnnotatorId == null || e.AnnotatorId == annotator) && (e.TaskId == null || e.TaskId == task)
        && (e.AssignmentId == null || e.AssignmentId == assignment));
}
