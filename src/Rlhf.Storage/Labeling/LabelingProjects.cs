using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>A labeling project to be made.</summary>
/// <param name="Name">Unique in a home folder.</param>
/// <param name="Questions">What annotators are asked.</param>
public sealed record NewProject(string Name, IReadOnlyList<Question> Questions)
{
    public string Guidelines { get; init; } = "";

    public int Overlap { get; init; } = 1;

    public ProjectSettings Settings { get; init; } = new();

    public string? CreatedBy { get; init; }
}

/// <summary>What changes of a project; null leaves a part as it is.</summary>
public sealed record ProjectChange
{
    public string? Name { get; init; }

    public int? Overlap { get; init; }

    public string? Guidelines { get; init; }

    public IReadOnlyList<Question>? Questions { get; init; }

    /// <summary>The new settings, from those of before.</summary>
    public Func<ProjectSettings, ProjectSettings>? Settings { get; init; }
}

/// <summary>A labeling project, how far it is, and the place in it of whoever asks.</summary>
/// <param name="Project">The row.</param>
/// <param name="Version">The newest version of guidelines and questions.</param>
/// <param name="Progress">Normal tasks only.</param>
/// <param name="Member">Null for who has no row in it.</param>
public sealed record ProjectView(
    LabelingProject Project, LabelingProjectVersion Version, LabelingProgress Progress, ProjectMember? Member);

/// <summary>Labeling projects: making, changing and finding them. The caller decides who may do this.</summary>
/// <param name="database">The database.</param>
/// <param name="clock">The time; null takes the system's.</param>
/// <param name="changes">Where changes are published; null publishes nothing.</param>
public sealed class LabelingProjects(RlhfDatabase database, TimeProvider? clock = null, ChangeFeed? changes = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Makes a project. The same again finds the one that is there.</summary>
    /// <exception cref="UserError">Another one has the name, or a part does not fit.</exception>
    public async Task<(Guid Id, bool Added)> CreateAsync(NewProject request, CancellationToken cancellation = default)
    {
        ProjectChanges.CheckName(request.Name);
        ProjectChanges.CheckOverlap(request.Overlap);
        QuestionRules.Check(request.Questions);
        SettingsRules.Check(request.Settings);
        TaskRules.CheckCompletions(request.Questions, request.Settings);
        var result = await database.WriteAsync(async db =>
        {
            var found = await db.Projects.Include(p => p.Versions).SingleOrDefaultAsync(p => p.Name == request.Name, cancellation);
            if (found is not null)
                return IsSame(found, request) ? (found.Id, Added: false) : throw ProjectChanges.NameTaken(request.Name);
            var now = _clock.GetUtcNow();
            var project = new LabelingProject
            {
                Name = request.Name,
                Overlap = request.Overlap,
                Settings = request.Settings,
                CreatedBy = request.CreatedBy,
                Created = now,
            };
            project.Versions.Add(new LabelingProjectVersion
            {
                Questions = request.Questions,
                Guidelines = request.Guidelines,
                Created = now,
            });
            db.Projects.Add(project);
            return (project.Id, Added: true);
        }, cancellation);
        if (result.Added)
            Publish(result.Id);
        return result;
    }

    /// <summary>Changes parts of a project in one transaction; new guidelines or questions make its next version.</summary>
    /// <exception cref="UserError">No such project, or a part does not fit.</exception>
    public async Task ChangeAsync(Guid project, ProjectChange change, CancellationToken cancellation = default)
    {
        await database.WriteAsync(async db =>
        {
            if (change.Name is { } name)
                await ProjectChanges.RenameAsync(db, project, name);
            if (change.Settings is { } settings)
                await ProjectChanges.SetSettingsAsync(db, project, settings);
            await ProjectChanges.ReviseAsync(db, project, change.Questions, change.Guidelines, _clock.GetUtcNow());
            if (change.Overlap is { } overlap)
                await ProjectChanges.SetOverlapAsync(db, project, overlap);
        }, cancellation);
        Publish(project);
    }

    /// <summary>Projects by name: all of them, or those that an annotator may see.</summary>
    /// <param name="annotator">Who asks.</param>
    /// <param name="all">Also those that are neither open nor theirs.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<IReadOnlyList<ProjectView>> ListAsync(Guid annotator, bool all, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var views = await Views(db, annotator).OrderBy(row => row.Project.Name).ToListAsync(cancellation);
        return [.. views.Select(ToView).Where(view => all || MaySee(view))];
    }

    /// <summary>One project.</summary>
    /// <exception cref="UserError">No such project, or not for them.</exception>
    public async Task<ProjectView> GetAsync(Guid project, Guid annotator, bool all, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var row = await Views(db, annotator).SingleOrDefaultAsync(row => row.Project.Id == project, cancellation);
        return row is not null && ToView(row) is var view && (all || MaySee(view)) ? view : throw ProjectChanges.NoProject(project);
    }

    /// <summary>A version of a project by its number.</summary>
    /// <exception cref="UserError">No such version.</exception>
    public async Task<LabelingProjectVersion> VersionAsync(Guid project, int number, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await db.ProjectVersions.SingleOrDefaultAsync(v => v.ProjectId == project && v.Number == number, cancellation)
            ?? throw new UserError($"labeling project {project} has no version {number}") { Kind = ErrorKind.NotFound };
    }

    private static IQueryable<ViewRow> Views(RlhfDbContext db, Guid annotator) =>
        from p in db.Projects
        from v in db.ProjectVersions
        where v.ProjectId == p.Id && v.Number == db.ProjectVersions.Where(other => other.ProjectId == p.Id).Max(other => other.Number)
        from c in db.ProjectCounts.Where(c => c.ProjectId == p.Id).DefaultIfEmpty()
        from m in db.Members.Where(m => m.ProjectId == p.Id && m.AnnotatorId == annotator).DefaultIfEmpty()
        select new ViewRow { Project = p, Version = v, Counts = c, Member = m };

    private static ProjectView ToView(ViewRow row)
    {
        var counts = row.Counts ?? new ProjectCounts();
        return new ProjectView(row.Project, row.Version, LabelingProgress.Create(counts, row.Project.Overlap), row.Member);
    }

    private static bool MaySee(ProjectView view) => view.Member is not null || view.Project.Settings.Access == ProjectAccess.Open;

    private static bool IsSame(LabelingProject project, NewProject request)
    {
        var newest = project.Versions.MaxBy(v => v.Number)!;
        return project.Overlap == request.Overlap && newest.Guidelines == request.Guidelines
            && ContentJson.Write(newest.Questions) == ContentJson.Write(request.Questions)
            && ContentJson.Write(project.Settings) == ContentJson.Write(request.Settings);
    }

    private void Publish(Guid project) => changes?.Publish(new Change(
        ChangeTypes.LabelingProject, null, null, _clock.GetUtcNow(), new JsonObject { ["project"] = project }));

    private sealed class ViewRow
    {
        public required LabelingProject Project { get; init; }

        public required LabelingProjectVersion Version { get; init; }

        public ProjectCounts? Counts { get; init; }

        public ProjectMember? Member { get; init; }
    }
}
