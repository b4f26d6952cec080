using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling.Reading;

/// <summary>A member of a project, what kind of annotator it is, and when they answered last.</summary>
public sealed record MemberRow(ProjectMember Member, bool IsSimulated, string Description, DateTimeOffset? LastClosed);

/// <summary>Reads the members of a project.</summary>
public sealed class MemberReader(RlhfDatabase database)
{
    /// <summary>Those with the most answers first.</summary>
    public async Task<IReadOnlyList<MemberRow>> ListAsync(Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await (
            from m in db.Members
            join a in db.Annotators on m.AnnotatorId equals a.Id
            where m.ProjectId == project
            orderby m.Answered descending, m.Joined, m.AnnotatorId
            select new MemberRow(m, a.IsSimulated, a.Description, db.Assignments
                .Where(s => s.AnnotatorId == m.AnnotatorId && s.ProjectId == project && s.Kind == TaskKind.Normal)
                .Max(s => s.Closed))).ToListAsync(cancellation);
    }
}
