using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Tasks that were sent to a project.</summary>
/// <param name="Ids">The id of each, in the order sent; those that were there already too.</param>
/// <param name="Added">How many are new.</param>
public sealed record AddedTasks(IReadOnlyList<Guid> Ids, int Added);

/// <summary>Adds tasks to labeling projects and changes how many answers they want.</summary>
/// <param name="database">The database.</param>
/// <param name="clock">The time; null takes the system's.</param>
/// <param name="changes">Where changes are published; null publishes nothing.</param>
public sealed class ProjectTasks(RlhfDatabase database, TimeProvider? clock = null, ChangeFeed? changes = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Adds tasks at the end of a project; what is there already is found instead.</summary>
    /// <param name="project">The project.</param>
    /// <param name="create">The tasks, from the newest questions of the project.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="UserError">No such project, or a task does not fit; then nothing is added.</exception>
    public async Task<AddedTasks> AddAsync(
        Guid project, Func<IReadOnlyList<Question>, IReadOnlyList<NewTask>> create, CancellationToken cancellation = default)
    {
        var result = await database.WriteAsync(async db =>
        {
            var newest = await (
                from v in db.ProjectVersions
                join p in db.Projects on v.ProjectId equals p.Id
                where v.ProjectId == project
                orderby v.Number descending
                select new { v.Questions, p.Settings, p.Overlap }).FirstOrDefaultAsync(cancellation)
                ?? throw ProjectChanges.NoProject(project);
            var tasks = create(newest.Questions);
            var completions = TaskRules.CheckCompletions(newest.Questions, newest.Settings);
            for (int i = 0; i < tasks.Count; i++)
                TaskRules.Check(tasks[i], i, completions);
            string[] keys = [.. tasks.Select(task => task.ContentKey ?? TaskEntry.ContentKey(task))];
            int added = await TaskEntry.AddAsync(
                db, project, tasks.Select((task, i) => task with { ContentKey = keys[i] }), null, _clock.GetUtcNow());
            await db.SaveChangesAsync(cancellation);
            var ids = new Dictionary<string, Guid>(StringComparer.Ordinal);
            foreach (string[] some in keys.Distinct(StringComparer.Ordinal).Chunk(KeysTogether))
            {
                foreach (var row in await db.Tasks.AsNoTracking().Where(t => t.ProjectId == project && some.Contains(t.ContentKey))
                    .Select(t => new { t.Id, t.ContentKey }).ToListAsync(cancellation))
                    ids[row.ContentKey] = row.Id;
            }
            return new AddedTasks([.. keys.Select(key => ids[key])], added);
        }, cancellation);
        if (result.Added > 0)
            Publish(project);
        return result;
    }

    /// <summary>
    /// Changes how many annotators some tasks want; they open or close accordingly, leases already given stay good.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="tasks">Normal tasks of it.</param>
    /// <param name="overlap">Null takes the project's number.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="UserError">No such project or task, or less than 1.</exception>
    public async Task SetOverlapAsync(
        Guid project, IReadOnlyCollection<Guid> tasks, int? overlap, CancellationToken cancellation = default)
    {
        ProjectChanges.CheckOverlap(overlap ?? 1);
        await database.WriteAsync(async db =>
        {
            int wanted = overlap ?? await db.Projects.Where(p => p.Id == project).Select(p => (int?)p.Overlap)
                .SingleOrDefaultAsync(cancellation) ?? throw ProjectChanges.NoProject(project);
            foreach (var some in tasks.Distinct().Chunk(KeysTogether))
            {
                int changed = await db.Tasks
                    .Where(t => some.Contains(t.Id) && t.ProjectId == project && t.Kind == TaskKind.Normal && t.Erased == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(t => t.Overlap, overlap).SetProperty(t => t.Open, t => t.Answered < wanted),
                        cancellation);
                if (changed < some.Length)
                {
                    throw new UserError($"{some.Length - changed} of {some.Length} tasks are no normal tasks of project {project}")
                    {
                        Kind = ErrorKind.NotFound,
                        Field = "tasks",
                    };
                }
            }
        }, cancellation);
        Publish(project);
    }

    private const int KeysTogether = 500;

    private void Publish(Guid project) => changes?.Publish(new Change(
        ChangeTypes.LabelingProject, null, null, _clock.GetUtcNow(), new JsonObject { ["project"] = project }));
}
