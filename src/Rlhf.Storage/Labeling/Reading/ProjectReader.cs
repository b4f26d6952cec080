using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling.Reading;

/// <summary>A labeling project in a list.</summary>
/// <param name="Progress">Normal tasks.</param>
/// <param name="Role">Of the annotator who asks; null where they are no member.</param>
/// <param name="State">Of the same.</param>
public sealed record ProjectRow(
    Guid Id, string Name, int Overlap, ProjectSettings Settings, DateTimeOffset Created, string? CreatedBy, LabelingProgress Progress,
    ProjectRole? Role, MemberState? State);

/// <summary>Reads labeling projects, for pages and the API. Whoever calls decides who may see them.</summary>
public sealed class ProjectReader(RlhfDatabase database)
{
    /// <summary>All projects, or those that an annotator may see; the newest first.</summary>
    /// <param name="annotator">Who asks.</param>
    /// <param name="all">Whether they see every project; else the open ones and those that they are a member of.</param>
    /// <param name="most">How many rows at most.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<IReadOnlyList<ProjectRow>> ListAsync(
        Guid annotator, bool all, int most = 1000, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var rows = await Rows(db, db.Projects, annotator).OrderByDescending(p => p.Created).ThenByDescending(p => p.Id)
            .ToListAsync(cancellation);
        // Who may label is one of the settings, which the database keeps as text.
        return [.. rows.Select(row => row.ToProject()).Where(p => all || IsVisible(p)).Take(most)];
    }

    /// <summary>One project; null where there is none, or none that the annotator may see.</summary>
    /// <inheritdoc cref="ListAsync"/>
    public async Task<ProjectRow?> FindAsync(Guid project, Guid annotator, bool all, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var row = (await Rows(db, db.Projects.Where(p => p.Id == project), annotator).SingleOrDefaultAsync(cancellation))?.ToProject();
        return row is not null && (all || IsVisible(row)) ? row : null;
    }

    /// <summary>The newest questions and guidelines; null where there is no such project.</summary>
    public async Task<LabelingProjectVersion?> VersionAsync(Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .FirstOrDefaultAsync(cancellation);
    }

    private static bool IsVisible(ProjectRow project) => project.Settings.Access == ProjectAccess.Open || project.Role is not null;

    private static IQueryable<Row> Rows(RlhfDbContext db, IQueryable<LabelingProject> projects, Guid annotator) =>
        from p in projects
        from m in db.Members.Where(m => m.ProjectId == p.Id && m.AnnotatorId == annotator).DefaultIfEmpty()
        from c in db.ProjectCounts.Where(c => c.ProjectId == p.Id).DefaultIfEmpty()
        select new Row
        {
            Id = p.Id,
            Name = p.Name,
            Overlap = p.Overlap,
            Settings = p.Settings,
            Created = p.Created,
            CreatedBy = p.CreatedBy,
            Counts = c,
            Role = (ProjectRole?)m!.Role,
            State = (MemberState?)m!.State,
        };

    private sealed class Row
    {
        public Guid Id { get; init; }

        public string Name { get; init; } = "";

        public int Overlap { get; init; }

        public ProjectSettings Settings { get; init; } = new();

        public DateTimeOffset Created { get; init; }

        public string? CreatedBy { get; init; }

        public ProjectCounts? Counts { get; init; }

        public ProjectRole? Role { get; init; }

        public MemberState? State { get; init; }

        public ProjectRow ToProject()
        {
            var counts = Counts ?? new ProjectCounts();
            return new(Id, Name, Overlap, Settings, Created, CreatedBy, new LabelingProgress(
                counts.Tasks, counts.Complete, counts.Answered, counts.OwnOverlap + (counts.Tasks - counts.OwnOverlapTasks) * Overlap),
                Role, State);
        }
    }
}
