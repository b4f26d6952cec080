using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Core.Randomness;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Quality;

/// <summary>
/// Reads the answers of a project for its statistics. Annotations, completions and questions never change, so that rows can be read
/// without a snapshot; a task that is answered meanwhile has its answers of before or after.
/// </summary>
public sealed class JudgmentReader(RlhfDatabase database)
{
    /// <summary>
    /// The tasks that statistics look at: with more, a sample that depends on the ids of the tasks alone. Intervals of 20,000 tasks
    /// are narrow.
    /// </summary>
    public const int MaxTasks = 20_000;

    private const int TasksTogether = 500;

    /// <summary>
    /// Changes whenever a statistic of the project may have changed; costs a few index look-ups. Answers to other projects change it
    /// as well.
    /// </summary>
    /// <exception cref="UserError">No such project.</exception>
    public async Task<string> FingerprintAsync(Guid project, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        int versions = await db.ProjectVersions.CountAsync(v => v.ProjectId == project, cancellation);
        if (versions == 0)
            throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
        var counts = await db.ProjectCounts.Where(c => c.ProjectId == project).Select(c => new { c.Tasks, c.Answered })
            .SingleOrDefaultAsync(cancellation);
        var members = await db.Members.Where(m => m.ProjectId == project).MaxAsync(m => m.StateChanged, cancellation);
        int exclusions = await db.Exclusions.CountAsync(e => e.Lifted == null, cancellation);
        int erased = await db.Tombstones.CountAsync(cancellation);
        // Rows of annotations are added at the end and never removed: the highest row number tells of every new revision.
        long rows = await db.Database.SqlQueryRaw<long>("SELECT COALESCE(MAX(rowid), 0) AS Value FROM Annotations")
            .SingleAsync(cancellation);
        // Of adjudications the newest is another row each time.
        long decided = await db.Database.SqlQueryRaw<long>(
            "SELECT COALESCE(MAX(rowid), 0) AS Value FROM Reviews WHERE Latest = 1 AND AnnotationId IS NULL").SingleAsync(cancellation);
        return $"{versions}/{counts?.Tasks}/{counts?.Answered}/{members?.ToUnixTimeMilliseconds()}/{exclusions}/{erased}/{rows}/{decided}";
    }

    /// <param name="project">The project.</param>
    /// <param name="maxTasks">How many tasks are read at most.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="UserError">No such project.</exception>
    public async Task<ProjectJudgments> ReadAsync(Guid project, int maxTasks = MaxTasks, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var questions = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .Select(v => v.Questions).FirstOrDefaultAsync(cancellation)
            ?? throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
        var answered = await db.Tasks.Where(t => t.ProjectId == project && t.Kind == TaskKind.Normal && t.Erased == null && t.Answered > 0)
            .OrderBy(t => t.Position).Select(t => t.Id).ToListAsync(cancellation);
        var leftOut = await LeftOut.ReadAsync(db, project, cancellation);
        var annotators = new Numbering<Guid>();
        var policies = new PolicyNames(db);
        var tasks = new List<AnsweredTask>();
        foreach (var together in Sample(answered, maxTasks).Chunk(TasksTogether))
        {
            var given = await GivenAsync(db, together, leftOut, annotators, cancellation);
            var completions = await CompletionsAsync(db, together, cancellation);
            var adjudicated = (await db.Reviews.Where(r => together.Contains(r.TaskId) && r.AnnotationId == null && r.Latest)
                .Select(r => r.TaskId).ToListAsync(cancellation)).ToHashSet();
            foreach (var task in together.Where(given.ContainsKey))
            {
                tasks.Add(await TaskAsync(task, completions[task], given[task], policies, cancellation) with
                {
                    IsAdjudicated = adjudicated.Contains(task),
                });
            }
        }
        return new ProjectJudgments(questions, answered.Count, tasks, annotators.Values, policies.Names);
    }

    private static List<Guid> Sample(List<Guid> tasks, int maxTasks)
    {
        if (tasks.Count <= maxTasks)
            return tasks;
        var stream = new RandomStream(0, "quality/tasks");
        Span<byte> bytes = stackalloc byte[16];
        ulong[] draws = new ulong[tasks.Count];
        for (int i = 0; i < draws.Length; i++)
        {
            tasks[i].TryWriteBytes(bytes);
            var words = MemoryMarshal.Cast<byte, uint>(bytes);
            draws[i] = stream.Bits(words[0], words[1], words[2], words[3]);
        }
        ulong limit = draws.Order().ElementAt(maxTasks);
        return [.. tasks.Where((_, i) => draws[i] < limit)];
    }

    private static async Task<Dictionary<Guid, List<GivenAnswers>>> GivenAsync(
        RlhfDbContext db, Guid[] tasks, LeftOut leftOut, Numbering<Guid> annotators, CancellationToken cancellation)
    {
        var rows = await (
            from a in db.Annotations
            where tasks.Contains(a.TaskId) && a.Latest && a.Erased == null && a.Kind == TaskKind.Normal
            orderby a.TaskId, a.Id
            select new { a.TaskId, a.AssignmentId, a.AnnotatorId, a.Answers, a.OrderShown, a.ActiveSeconds, a.Seconds })
            .ToListAsync(cancellation);
        var given = new Dictionary<Guid, List<GivenAnswers>>();
        foreach (var row in rows.Where(row => !leftOut.Holds(row.AnnotatorId, row.TaskId, row.AssignmentId)))
        {
            if (!given.TryGetValue(row.TaskId, out var list))
                given[row.TaskId] = list = [];
            list.Add(new GivenAnswers(annotators[row.AnnotatorId], row.Answers, row.OrderShown, row.ActiveSeconds ?? row.Seconds));
        }
        return given;
    }

    private static async Task<ILookup<Guid, CompletionRow>> CompletionsAsync(
        RlhfDbContext db, Guid[] tasks, CancellationToken cancellation) =>
        (await (
            from c in db.Completions
            where tasks.Contains(c.TaskId)
            orderby c.TaskId, c.Index
            select new CompletionRow(c.TaskId, c.Content, c.CheckpointId, c.SamplingSettings)).ToListAsync(cancellation))
        .ToLookup(c => c.TaskId);

    private static async Task<AnsweredTask> TaskAsync(
        Guid id, IEnumerable<CompletionRow> completions, IReadOnlyList<GivenAnswers> given, PolicyNames policies,
        CancellationToken cancellation)
    {
        var sources = new List<int>();
        var identifying = new List<bool>();
        var repeats = new List<bool>();
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var completion in completions)
        {
            string text = ContentJson.AllText(completion.Content).Trim();
            int policy = await policies.IndexAsync(completion.CheckpointId, completion.SamplingSettings, cancellation);
            sources.Add(policy);
            identifying.Add(SelfIdentification.IsSelfIdentifying(text, policies.Source(policy)));
            repeats.Add(!texts.Add(text));
        }
        return new AnsweredTask(id, sources, identifying, repeats, given);
    }

    private sealed record CompletionRow(Guid TaskId, IReadOnlyList<Message> Content, Guid? CheckpointId, string? SamplingSettings);
}
