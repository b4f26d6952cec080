using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Core.Text;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling.Pausing;

/// <summary>An answer to a normal task, with what it was given to.</summary>
/// <param name="Seconds">How long it took; at most the time since the lease.</param>
/// <param name="Words">Of the prompt and the completions that were shown.</param>
/// <param name="Ranking">The answer to the first ranking question by place; null where that tells nothing.</param>
internal sealed record RecentAnswer(double Seconds, int Words, ShownArrangement? Ranking);

/// <summary>A member's newest answers, for the rules that pause. Inside one transaction.</summary>
internal static class RecentAnswers
{
    /// <summary>Answers since they were last let go on, the newest first.</summary>
    public static async Task<IReadOnlyList<RecentAnswer>> ReadAsync(RlhfDbContext db, ProjectMember member, int most)
    {
        var rows = await (
            from s in db.Assignments.AsNoTracking()
            where s.AnnotatorId == member.AnnotatorId && s.ProjectId == member.ProjectId && s.Kind == TaskKind.Normal
                && s.State == AssignmentState.Submitted && (member.StateChanged == null || s.Closed > member.StateChanged)
            join a in db.Annotations on s.Id equals a.AssignmentId
            where a.Latest && a.Erased == null
            orderby s.Closed descending
            select new { s.TaskId, s.OrderShown, s.Leased, s.Closed, a.Answers, a.Seconds }).Take(most).ToListAsync();
        var tasks = rows.Select(row => row.TaskId).ToList();
        var prompts = await db.Tasks.AsNoTracking().Where(t => tasks.Contains(t.Id)).Select(t => new { t.Id, t.Context })
            .ToDictionaryAsync(t => t.Id, t => t.Context);
        var completions = (await db.Completions.AsNoTracking().Where(c => tasks.Contains(c.TaskId))
            .Select(c => new { c.TaskId, Completion = new PresentedCompletion(c.Index, c.Content, c.Context) }).ToListAsync())
            .ToLookup(c => c.TaskId, c => c.Completion);
        return
        [
            .. rows.Select(row =>
            {
                var places = PresentedPlaces.Create(LeasedTasks.InOrder(completions[row.TaskId], row.OrderShown));
                return new RecentAnswer(
                    row.Seconds ?? (row.Closed!.Value - row.Leased).TotalSeconds,
                    Words(prompts[row.TaskId]) + places.Completions.Sum(place => Words(place[0].Context) + Words(place[0].Content)),
                    row.Answers.Values.FirstOrDefault(answer => answer.Ranking is not null) is { } ranked
                        ? ShownArrangement.Create(ranked, places) : null);
            }),
        ];
    }

    private static int Words(IReadOnlyList<Message>? content) => content is null ? 0 : WordCount.Of(ContentJson.AllText(content));
}
