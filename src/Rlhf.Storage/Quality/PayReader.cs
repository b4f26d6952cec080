using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Quality;

/// <summary>What somebody did in a project, for their pay.</summary>
/// <param name="Answers">Tasks answered, of every kind.</param>
/// <param name="Corrections">Further revisions of them.</param>
/// <param name="Skipped">Tasks given back.</param>
/// <param name="ActiveSeconds">Time with input, reading included. Where it was not recorded, at most the idle allowance counts.</param>
public sealed record PayRow(
    Guid Annotator, string? ExternalWorkerId, int Answers, int Corrections, int Skipped, double ActiveSeconds, DateTimeOffset? First,
    DateTimeOffset? Last)
{
    public double Hours => ActiveSeconds / 3600;
}

/// <summary>Counts the work of each member of a project, the excluded ones among them: they worked, too.</summary>
public sealed class PayReader(RlhfDatabase database)
{
    /// <summary>One row per member who answered or skipped a task, the most hours first.</summary>
    /// <exception cref="UserError">No such project.</exception>
    public async Task<IReadOnlyList<PayRow>> ReadAsync(Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var settings = await db.Projects.Where(p => p.Id == project).Select(p => p.Settings).SingleOrDefaultAsync(cancellation)
            ?? throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
        double idle = settings.IdleSeconds;
        var work = await (
            from a in db.Annotations
            join t in db.Tasks on a.TaskId equals t.Id
            where t.ProjectId == project
            group a by a.AnnotatorId into own
            select new
            {
                Annotator = own.Key,
                Answers = own.Count(a => a.Revision == 1),
                Corrections = own.Count(a => a.Revision > 1),
                Seconds = own.Sum(a => a.ActiveSeconds ?? (a.Seconds == null ? 0 : a.Seconds < idle ? a.Seconds : idle)) ?? 0,
                First = own.Min(a => (DateTimeOffset?)a.Created),
                Last = own.Max(a => (DateTimeOffset?)a.Created),
            }).ToDictionaryAsync(row => row.Annotator, cancellation);
        var members = await db.Members.Where(m => m.ProjectId == project).Select(m => new
        {
            m.AnnotatorId,
            m.ExternalWorkerId,
            Skipped = db.Assignments.Count(s => s.AnnotatorId == m.AnnotatorId && s.ProjectId == project
                && s.State == AssignmentState.Skipped),
        }).ToListAsync(cancellation);
        return
        [
            .. members.Where(m => m.Skipped > 0 || work.ContainsKey(m.AnnotatorId))
                .Select(m => work.GetValueOrDefault(m.AnnotatorId) is { } w
                    ? new PayRow(m.AnnotatorId, m.ExternalWorkerId, w.Answers, w.Corrections, m.Skipped, w.Seconds, w.First, w.Last)
                    : new PayRow(m.AnnotatorId, m.ExternalWorkerId, 0, 0, m.Skipped, 0, null, null))
                .OrderByDescending(row => row.ActiveSeconds).ThenByDescending(row => row.Answers).ThenBy(row => row.Annotator),
        ];
    }
}
