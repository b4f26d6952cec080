using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>A project as an annotator sees it.</summary>
/// <param name="Id">The project.</param>
/// <param name="Name">Its name.</param>
/// <param name="Settings">How it is run.</param>
/// <param name="Tasks">Normal tasks.</param>
/// <param name="Answers">Answers so far, of everybody.</param>
/// <param name="Wanted">Answers that the project wants in all.</param>
/// <param name="Mine">Normal tasks that this annotator has answered.</param>
/// <param name="State">Whether they may label; null where they have not begun.</param>
/// <param name="Reason">Why they are paused or excluded.</param>
/// <param name="SentBack">How many of their answers a reviewer has sent back.</param>
public sealed record AnnotatorProject(
    Guid Id, string Name, ProjectSettings Settings, int Tasks, int Answers, int Wanted, int Mine, MemberState? State, string? Reason,
    int SentBack)
{
    /// <summary>Whether they came from another platform, where they hand in a code at the end.</summary>
    public bool IsExternal { get; init; }

    public bool IsComplete => Tasks > 0 && Answers >= Wanted;
}

/// <summary>The projects that are open to an annotator. Reads only.</summary>
public sealed class AnnotatorProjects(RlhfDatabase database)
{
    /// <summary>Those with work left, and those that they have worked in; newest first.</summary>
    public async Task<IReadOnlyList<AnnotatorProject>> ListAsync(Guid annotator, CancellationToken cancellation = default) =>
        [.. (await ReadAsync(annotator, null, cancellation)).Where(p => p.Mine > 0 || p.State is not null || !p.IsComplete)];

    /// <summary>One of them; null where there is none of this id, or it is not open to this annotator.</summary>
    public async Task<AnnotatorProject?> FindAsync(Guid annotator, Guid project, CancellationToken cancellation = default) =>
        (await ReadAsync(annotator, project, cancellation)).SingleOrDefault();

    /// <summary>The newest version of a project's questions and guidelines.</summary>
    public async Task<LabelingProjectVersion> NewestVersionAsync(Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await db.ProjectVersions.AsNoTracking().Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .FirstAsync(cancellation);
    }

    private async Task<IReadOnlyList<AnnotatorProject>> ReadAsync(Guid annotator, Guid? only, CancellationToken cancellation)
    {
        await using var db = database.OpenReadContext();
        var rows = await (
            from p in db.Projects
            where only == null || p.Id == only
            from c in db.ProjectCounts.Where(c => c.ProjectId == p.Id).DefaultIfEmpty()
            from m in db.Members.Where(m => m.ProjectId == p.Id && m.AnnotatorId == annotator).DefaultIfEmpty()
            orderby p.Created descending, p.Id
            select new { p.Id, p.Name, p.Overlap, p.Settings, Counts = (ProjectCounts?)c, Member = (ProjectMember?)m })
            .AsNoTracking().ToListAsync(cancellation);
        var sentBack = await SentBackAsync(db, annotator, cancellation);
        return
        [
            .. rows.Where(row => row.Member is not null || row.Settings.Access == ProjectAccess.Open).Select(row => new AnnotatorProject(
                row.Id, row.Name, row.Settings, row.Counts?.Tasks ?? 0, row.Counts?.Answered ?? 0, Wanted(row.Counts, row.Overlap),
                row.Member?.Answered ?? 0, row.Member?.State, row.Member?.Reason, sentBack.GetValueOrDefault(row.Id))
            {
                IsExternal = row.Member?.ExternalWorkerId is not null,
            }),
        ];
    }

    private static int Wanted(ProjectCounts? counts, int overlap) =>
        counts is null ? 0 : counts.OwnOverlap + (counts.Tasks - counts.OwnOverlapTasks) * overlap;

    private static Task<Dictionary<Guid, int>> SentBackAsync(RlhfDbContext db, Guid annotator, CancellationToken cancellation) => (
        from r in db.Reviews
        where r.Latest && r.Decision == ReviewDecision.Rejected
        join a in db.Annotations on r.AnnotationId equals a.Id
        where a.AnnotatorId == annotator && a.Latest && a.Erased == null
        join t in db.Tasks on a.TaskId equals t.Id
        group r by t.ProjectId into project
        select new { project.Key, Count = project.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
}
