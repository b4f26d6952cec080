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
    private const int KeysTogether = 500;

    public static async Task<int> AddAsync(RlhfDbContext db, Guid project, IEnumerable<NewTask> tasks, Guid? run, DateTimeOffset now)
    {
        if (!await db.Projects.AnyAsync(p => p.Id == project))
            throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
        var questions = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .Select(v => v.Questions).FirstAsync();
        long position = await db.Tasks.Where(t => t.ProjectId == project).MaxAsync(t => (long?)t.Position) ?? -1;
        var rows = new List<LabelingTask>();
        var golds = new List<GoldAnswer>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var batch in tasks.Select(task => (Task: task, Key: task.ContentKey ?? ContentKey(task))).Chunk(KeysTogether))
        {
            var keys = batch.Select(entry => entry.Key).ToList();
            seen.UnionWith(await db.Tasks.Where(t => t.ProjectId == project && keys.Contains(t.ContentKey)).Select(t => t.ContentKey)
                .ToListAsync());
            foreach (var (task, key) in batch.Where(entry => seen.Add(entry.Key)))
            {
                var row = Row(task with { ContentKey = key }, project, ++position, run, now);
                rows.Add(row);
                if (Gold(task, row, questions, now) is { } gold)
                    golds.Add(gold);
            }
        }
        await InsertAsync(db, rows);
        await BulkInsert.InsertAsync(db, golds);
        return rows.Count;
    }

    private static async Task InsertAsync(RlhfDbContext db, IReadOnlyList<LabelingTask> rows)
    {
        await BulkInsert.InsertAsync(db, rows);
        var completions = rows.SelectMany(row => row.Completions).ToList();
        await BulkInsert.InsertAsync(db, completions);
        await BulkInsert.InsertAsync(db, completions.SelectMany(completion => completion.Golds));
        await BulkInsert.InsertAsync(db, completions.Select(completion => completion.Tokens).OfType<CompletionTokens>());
    }

    private static GoldAnswer? Gold(NewTask task, LabelingTask row, IReadOnlyList<Question> questions, DateTimeOffset now)
    {
        if (task.Kind == TaskKind.Repeat)
            throw new UserError("a labeling task cannot be of kind repeat: tasks are repeated by the project's settings");
        if (task.Kind == TaskKind.Normal)
            return task.Gold is null
                ? null
                : throw new UserError("a normal labeling task has no known answers; make it a gold or qualification task");
        if (task.Gold is null)
            throw new UserError($"a {task.Kind.ToString().ToLowerInvariant()} task needs the right answers");
        // What is known may be less than what an annotator must answer: the order without its strength, or one question of several.
        AnswerRules.Check(task.Gold, [.. questions.Select(q => q with { Required = false, RankAll = false, StrengthRequired = false })],
            [.. row.Completions.Select(c => ContentJson.AllText(c.Content))]);
        return new GoldAnswer { TaskId = row.Id, Answers = task.Gold, Explanation = task.Explanation, Created = now };
    }

    public static LabelingTask Row(NewTask task, Guid project, long position, Guid? run, DateTimeOffset now)
    {
        if (task.Completions.Count == 0)
            throw new UserError("a labeling task needs at least one completion");
        var row = new LabelingTask
        {
            ProjectId = project,
            Kind = task.Kind,
            Position = position,
            Context = task.Context,
            ContentKey = task.ContentKey ?? ContentKey(task),
            SplitGroup = task.SplitGroup,
            Overlap = task.Overlap,
            Open = task.Kind == TaskKind.Normal,
            RunId = run,
            PipelineRunId = task.PipelineRunId,
            ParentCompletionId = task.ParentCompletionId,
            Created = now,
        };
        row.Completions.AddRange(task.Completions.Select((completion, index) => Row(completion, row.Id, index)));
        return row;
    }

    private static Completion Row(NewCompletion completion, Guid task, int index)
    {
        var id = Guid.CreateVersion7();
        return new Completion
        {
            Id = id,
            TaskId = task,
            Index = index,
            Content = completion.Content,
            CheckpointId = completion.CheckpointId,
            SamplingSettings = completion.SamplingSettings,
            Golds =
            [
                .. completion.Golds.Select(gold => new CompletionGold { CompletionId = id, GoldReward = gold.Key, Score = gold.Value }),
            ],
            Tokens = completion.TokenIds is null
                ? null
                : new CompletionTokens { CompletionId = id, Ids = completion.TokenIds, LogProbs = completion.LogProbs ?? [] },
        };
    }

    /// <summary>The hash of prompt and completions, in their order.</summary>
    public static string ContentKey(NewTask task) =>
        Hash(ContentJson.Write(new { prompt = task.Context, completions = task.Completions.Select(c => c.Content) }));

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
