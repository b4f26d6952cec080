using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>New tasks as rows.</summary>
internal static class TaskEntry
{
    public static async Task<int> AddAsync(RlhfDbContext db, Guid project, IEnumerable<NewTask> tasks, Guid? run, DateTimeOffset now)
    {
        if (!await db.Projects.AnyAsync(p => p.Id == project))
            throw new UserError($"no labeling project {project}");
        var known = (await db.Tasks.Where(t => t.ProjectId == project).Select(t => t.ContentKey).ToListAsync()).ToHashSet(StringComparer.Ordinal);
        long position = await db.Tasks.Where(t => t.ProjectId == project).MaxAsync(t => (long?)t.Position) ?? -1;
        int added = 0;
        foreach (var task in tasks)
        {
            if (!known.Add(task.ContentKey ?? ContentKey(task)))
                continue;
            db.Tasks.Add(Row(task, project, ++position, run, now));
            added++;
        }
        return added;
    }

    public static LabelingTask Row(NewTask task, Guid project, long position, Guid? run, DateTimeOffset now)
    {
        if (task.Completions.Count == 0)
            throw new UserError("a labeling task needs at least one completion");
        var row = new LabelingTask
        {
            ProjectId = project,
            Position = position,
            Context = task.Context,
            ContentKey = task.ContentKey ?? ContentKey(task),
            Overlap = task.Overlap,
            RunId = run,
            Created = now,
        };
        row.Completions.AddRange(task.Completions.Select((completion, index) => new Completion
        {
            Index = index,
            Content = completion.Content,
            CheckpointId = completion.CheckpointId,
            SamplingSettings = completion.SamplingSettings,
            Golds = [.. completion.Golds.Select(gold => new CompletionGold { GoldReward = gold.Key, Score = gold.Value })],
            Tokens = completion.TokenIds is null ? null : new CompletionTokens { Ids = completion.TokenIds, LogProbs = completion.LogProbs ?? [] },
        }));
        return row;
    }

    /// <summary>The hash of prompt and completions, in their order.</summary>
    public static string ContentKey(NewTask task) => Hash(ContentJson.Write(new { prompt = task.Context, completions = task.Completions.Select(c => c.Content) }));

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
