using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Erasure;

/// <summary>
/// Hashes of imported answers. The key of an imported task, and the name of an import, are hashes of what the file says, answers too,
/// without a salt: whoever tries all answers would find the one that was erased. Both go with it.
/// </summary>
internal static class ImportHashes
{
    private const int Together = 200;

    private const string Beginning = "answers-erased-";

    /// <summary>
    /// The keys of tasks of a project whose imported answers were erased: each by its content. The same content with answers is not
    /// imported again, so that nothing comes back from the same file.
    /// </summary>
    public static async Task<IReadOnlySet<string>> ErasedContentsAsync(RlhfDbContext db, Guid project, CancellationToken cancellation)
    {
        var keys = await db.Tasks.Where(t => t.ProjectId == project && t.ContentKey.StartsWith(Beginning)).Select(t => t.ContentKey)
            .ToListAsync(cancellation);
        return keys.Select(key => key[Beginning.Length..key.LastIndexOf('-')]).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Takes them from what holds these annotations, which are not erased yet. Inside one transaction.</summary>
    public static async Task EraseAsync(RlhfDbContext db, IQueryable<Annotation> annotations)
    {
        var tasks = await annotations.Select(a => a.TaskId).Distinct().ToListAsync();
        var projects = new HashSet<Guid>();
        foreach (var some in tasks.Chunk(Together))
        {
            var rows = await db.Tasks.AsNoTracking().Include(t => t.Completions).AsSplitQuery()
                .Where(t => some.Contains(t.Id) && t.Erased == null && t.Context != null).ToListAsync();
            foreach (var row in rows.Where(row => !row.ContentKey.StartsWith(Beginning, StringComparison.Ordinal)))
            {
                projects.Add(row.ProjectId);
                string content = TaskEntry.ContentKey(new NewTask(
                    row.Context!, [.. row.Completions.OrderBy(c => c.Index).Select(c => new NewCompletion(c.Content))]));
                // The id at its end keeps the keys of equal contents apart.
                if (row.ContentKey != content)
                {
                    await db.Tasks.Where(t => t.Id == row.Id)
                        .ExecuteUpdateAsync(set => set.SetProperty(t => t.ContentKey, $"{Beginning}{content}-{row.Id:N}"));
                }
            }
        }
        foreach (var project in projects)
            await EraseNameAsync(db, project);
    }

    /// <summary>An import that is named by the hash of its content gets its id as its name.</summary>
    private static async Task EraseNameAsync(RlhfDbContext db, Guid project)
    {
        var row = await db.Projects.AsNoTracking().SingleAsync(p => p.Id == project);
        if (row.ContentSha256 is not { } hash)
            return;
        string mark = Import.JudgmentImport.Mark(hash), id = project.ToString();
        string name = row.Name.Replace(mark, id, StringComparison.Ordinal);
        await db.Projects.Where(p => p.Id == project).ExecuteUpdateAsync(
            set => set.SetProperty(p => p.ContentSha256, (string?)null).SetProperty(p => p.Name, name));
        await db.Annotators.Where(a => a.Description.EndsWith(mark))
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.Description, a => a.Description.Replace(mark, id)));
    }
}
