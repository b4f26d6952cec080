using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>What a project's owner can change. Each inside one transaction.</summary>
internal static class ProjectChanges
{
    /// <summary>The number of the next version of questions and guidelines; that of the newest where nothing differs.</summary>
    /// <exception cref="UserError">No such project, or questions that nobody could answer.</exception>
    public static async Task<int> ReviseAsync(
        RlhfDbContext db, Guid project, IReadOnlyList<Question>? questions, string? guidelines, DateTimeOffset now)
    {
        var newest = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number).FirstOrDefaultAsync()
            ?? throw NoProject(project);
        questions ??= newest.Questions;
        guidelines ??= newest.Guidelines;
        QuestionRules.Check(questions);
        if (newest.Guidelines == guidelines && ContentJson.Write(newest.Questions) == ContentJson.Write(questions))
            return newest.Number;
        db.ProjectVersions.Add(new LabelingProjectVersion
        {
            ProjectId = project,
            Number = newest.Number + 1,
            Questions = questions,
            Guidelines = guidelines,
            Created = now,
        });
        return newest.Number + 1;
    }

    /// <exception cref="UserError">No such project, or less than 1.</exception>
    public static async Task SetOverlapAsync(RlhfDbContext db, Guid project, int overlap)
    {
        CheckOverlap(overlap);
        (await FindAsync(db, project)).Overlap = overlap;
        await db.Tasks.Where(t => t.ProjectId == project && t.Kind == TaskKind.Normal && t.Erased == null
            && t.Open != t.Answered < (t.Overlap ?? overlap))
            .ExecuteUpdateAsync(s => s.SetProperty(t => t.Open, t => t.Answered < (t.Overlap ?? overlap)));
    }

    /// <exception cref="UserError">No such project, or a setting out of range.</exception>
    public static async Task SetSettingsAsync(RlhfDbContext db, Guid project, Func<ProjectSettings, ProjectSettings> change)
    {
        var row = await FindAsync(db, project);
        var settings = change(row.Settings);
        SettingsRules.Check(settings);
        row.Settings = settings;
    }

    /// <exception cref="UserError">No such project, or another one has the name.</exception>
    public static async Task RenameAsync(RlhfDbContext db, Guid project, string name)
    {
        CheckName(name);
        if (await db.Projects.AnyAsync(p => p.Name == name && p.Id != project))
            throw NameTaken(name);
        (await FindAsync(db, project)).Name = name;
    }

    public static void CheckOverlap(int overlap)
    {
        if (overlap < 1)
            throw new UserError($"overlap must be 1 or more; got {overlap}") { Field = "overlap" };
    }

    public static void CheckName(string name)
    {
        const int MaxName = 200;
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxName)
            throw new UserError($"the name of a project has 1 … {MaxName} characters; got {name.Length}") { Field = "name" };
    }

    public static UserError NameTaken(string name) =>
        new($"a labeling project '{name}' exists already; choose another name") { Kind = ErrorKind.Conflict, Field = "name" };

    public static UserError NoProject(Guid id) => new($"no labeling project {id}") { Kind = ErrorKind.NotFound };

    private static async Task<LabelingProject> FindAsync(RlhfDbContext db, Guid project) =>
        await db.Projects.SingleOrDefaultAsync(p => p.Id == project) ?? throw NoProject(project);
}
