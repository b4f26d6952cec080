using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>Reads a project from the database as records, in the order of its tasks. Erased content and open leases are left out.</summary>
internal sealed class RankingsReader(RlhfDbContext db, Guid project)
{
    private const int TasksTogether = 100;

    private Dictionary<Guid, int> _versions = [];

    /// <summary>Comes first: the tasks name versions by their numbers.</summary>
    public async Task<RankingsHeader> HeaderAsync(CancellationToken cancellation)
    {
        var versions = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderBy(v => v.Number).ToListAsync(cancellation);
        _versions = versions.ToDictionary(v => v.Id, v => v.Number);
        var annotators = await db.Annotators.Where(a => a.Erased == null
                && (db.Assignments.Any(s => s.AnnotatorId == a.Id && s.ProjectId == project && s.State != AssignmentState.Leased)
                    || db.Reviews.Any(r => r.ReviewerId == a.Id && r.Erased == null
                        && db.Tasks.Any(t => t.Id == r.TaskId && t.ProjectId == project))))
            .Select(a => new
            {
                a.Id,
                a.IsSimulated,
                a.Description,
                Excluded = db.Members.Where(m => m.ProjectId == project && m.AnnotatorId == a.Id && m.State == MemberState.Excluded)
                    .Select(m => m.Reason ?? "").FirstOrDefault(),
            })
            .ToListAsync(cancellation);
        return new RankingsHeader(
            RankingsHeader.Name, RankingsHeader.CurrentVersion,
            [.. versions.Select(v => new VersionRecord(v.Id, v.Number, v.Guidelines, v.Questions, v.Created))],
            [
                .. annotators.OrderBy(a => a.Id.ToString(), StringComparer.Ordinal).Select(a => new AnnotatorRecord(
                    a.Id, a.IsSimulated, a.Description.Length > 0 ? a.Description : null, a.Excluded)),
            ]);
    }

    public async IAsyncEnumerable<TaskRecord> TasksAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var ids = db.Tasks.Where(t => t.ProjectId == project && t.Erased == null).OrderBy(t => t.Position).ThenBy(t => t.Id)
            .Select(t => t.Id);
        var together = new List<Guid>();
        await foreach (var id in ids.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            together.Add(id);
            if (together.Count < TasksTogether)
                continue;
            foreach (var task in await ReadAsync(together, cancellation))
                yield return task;
            together.Clear();
        }
        foreach (var task in await ReadAsync(together, cancellation))
            yield return task;
    }

    private async Task<IEnumerable<TaskRecord>> ReadAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation)
    {
        var tasks = await db.Tasks.Where(t => ids.Contains(t.Id)).ToDictionaryAsync(t => t.Id, cancellation);
        var completions = (await db.Completions.Include(c => c.Tokens).Include(c => c.Golds).Where(c => ids.Contains(c.TaskId))
            .OrderBy(c => c.Index).ToListAsync(cancellation)).ToLookup(c => c.TaskId);
        var golds = await db.GoldAnswers.Where(g => ids.Contains(g.TaskId)).ToDictionaryAsync(g => g.TaskId, cancellation);
        var annotations = (await db.Annotations.Where(a => ids.Contains(a.TaskId) && a.Erased == null).OrderBy(a => a.Revision)
            .ToListAsync(cancellation)).ToLookup(a => a.AssignmentId);
        var assignments = (await db.Assignments.Where(a => ids.Contains(a.TaskId) && a.State != AssignmentState.Leased)
            .ToListAsync(cancellation)).ToLookup(a => a.TaskId);
        var reviews = (await db.Reviews.Where(r => ids.Contains(r.TaskId) && r.Erased == null
            && (r.AnnotationId == null || db.Annotations.Any(a => a.Id == r.AnnotationId && a.Erased == null)))
            .ToListAsync(cancellation)).ToLookup(r => r.TaskId);
        var erased = await db.Annotators
            .Where(a => a.Erased != null && db.Assignments.Any(s => s.AnnotatorId == a.Id && ids.Contains(s.TaskId)))
            .Select(a => a.Id).ToListAsync(cancellation);
        return ids.Select(id => Record(tasks[id], completions[id], golds.GetValueOrDefault(id),
            assignments[id].Where(a => !erased.Contains(a.AnnotatorId)), annotations, reviews[id]));
    }

    private TaskRecord Record(
        LabelingTask task, IEnumerable<Completion> completions, GoldAnswer? gold, IEnumerable<Assignment> assignments,
        ILookup<Guid, Annotation> annotations, IEnumerable<Review> reviews)
    {
        var all = completions.ToList();
        string key = TaskEntry.ContentKey(new NewTask(task.Context!, [.. all.Select(c => new NewCompletion(c.Content))]));
        return new TaskRecord(
            task.Id, task.Kind, task.Position, task.Context, [.. all.Select(Record)], task.Created,
            [
                // What was submitted and then erased says nothing any more.
                .. assignments.Where(a => a.State == AssignmentState.Skipped || annotations[a.Id].Any())
                    .OrderBy(a => a.Closed).ThenBy(a => a.Id.ToString(), StringComparer.Ordinal).Select(a => Record(a, annotations[a.Id])),
            ])
        {
            Overlap = task.Overlap,
            SplitGroup = task.SplitGroup,
            Key = task.ContentKey == key ? null : task.ContentKey,
            Run = task.RunId,
            PipelineRun = task.PipelineRunId,
            ParentCompletion = task.ParentCompletionId,
            Gold = gold is null ? null : new GoldRecord(gold.Answers, gold.Explanation, gold.Created),
            Reviews = reviews.OrderBy(r => r.Created).ThenBy(r => r.Id.ToString(), StringComparer.Ordinal)
                .Select(r => new ReviewRecord(r.Id, r.ReviewerId, r.Decision, r.Latest, r.Created)
                {
                    Annotation = r.AnnotationId,
                    Answers = r.Answers,
                    Feedback = r.Feedback,
                }).ToList() is { Count: > 0 } some ? some : null,
        };
    }

    private static CompletionRecord Record(Completion completion)
    {
        var (checkpoint, sampling) = ForeignCheckpoint.Read(completion.CheckpointId, completion.SamplingSettings);
        return new CompletionRecord(completion.Id, completion.Content)
        {
            Context = completion.Context,
            Checkpoint = checkpoint,
            Sampling = sampling,
            Ids = completion.Tokens?.Ids,
            LogProbs = completion.Tokens?.LogProbs,
            GoldScores = completion.Golds.Count == 0 ? null : GoldScores(completion),
        };
    }

    private static SortedDictionary<string, double> GoldScores(Completion completion) =>
        new(completion.Golds.ToDictionary(gold => gold.GoldReward, gold => gold.Score), StringComparer.Ordinal);

    private AssignmentRecord Record(Assignment assignment, IEnumerable<Annotation> annotations) => new(
        assignment.Id, assignment.AnnotatorId, assignment.Kind, assignment.Round, assignment.State, assignment.Leased, assignment.Expires,
        [
            .. annotations.Select(a => new AnnotationRecord(a.Id, a.Revision, _versions[a.ProjectVersionId], a.Answers, a.Created)
            {
                Seconds = a.Seconds,
                ActiveSeconds = a.ActiveSeconds,
            }),
        ])
    {
        Version = assignment.ProjectVersionId is { } version ? _versions[version] : null,
        OrderShown = assignment.OrderShown,
        Closed = assignment.Closed,
        SkipReason = assignment.SkipReason,
        Correct = assignment.Correct,
    };
}
