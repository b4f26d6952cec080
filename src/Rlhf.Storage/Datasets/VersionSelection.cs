using Rlhf.Core.Options;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Datasets;

/// <summary>Which annotations a new dataset version takes, and what each of them says there.</summary>
internal static class VersionSelection
{
    /// <summary>The newest revisions of the requested projects; without golds, repeats, what was erased and what is excluded.</summary>
    public static IQueryable<SelectedAnnotation> Of(RlhfDbContext db, DatasetRequest request) =>
        from a in db.Annotations
        join t in db.Tasks on a.TaskId equals t.Id
        where a.Latest && a.Kind == TaskKind.Normal && a.Erased == null && request.Projects.Contains(t.ProjectId)
            && (a.IsSimulated ? request.Simulated : request.People)
            && !db.Members.Any(m => m.ProjectId == t.ProjectId && m.AnnotatorId == a.AnnotatorId && m.State == MemberState.Excluded)
            && !db.Exclusions.Any(e => e.Lifted == null
                && (e.ProjectId == null || e.ProjectId == t.ProjectId)
                && (e.AnnotatorId == null || e.AnnotatorId == a.AnnotatorId)
                && (e.TaskId == null || e.TaskId == a.TaskId)
                && (e.AssignmentId == null || e.AssignmentId == a.AssignmentId))
        select new SelectedAnnotation { Row = a, EntryHash = null };

    /// <summary>
    /// The annotations of one task that go in. What a reviewer edited counts as edited, what was rejected does not count.
    /// </summary>
    public static IEnumerable<(StoredRanking Ranking, SaltedContent Content)> Choose(
        IReadOnlyList<StoredRanking> task, Aggregation aggregation)
    {
        var counted = task.Select(ranking => (Ranking: ranking, Content: Reviewed(ranking)))
            .Where(entry => entry.Content is not null).Select(entry => (entry.Ranking, Content: entry.Content!)).ToList();
        if (aggregation != Aggregation.Adjudicated)
            return counted;
        // All annotations of an adjudicated task stand behind the answer that was found for it.
        if (task[0].Reviews.LastOrDefault(r => r is { AnnotationId: null, Latest: true }) is { Content: { } adjudicated })
            return task.Select(ranking => (ranking, adjudicated));
        bool agreed = counted.Select(entry => entry.Content.Content)
            .Select(content => string.Join(' ', content.Completions.Select(c => c.Json)) + string.Join(' ', content.Ranks))
            .Distinct().Count() == 1;
        return agreed ? counted : [];
    }

    /// <summary>What of an annotation has the hash that a version keeps of it: itself, or a review of it, at that time.</summary>
    public static SaltedContent? Match(StoredRanking ranking) => ranking.EntryHash is null
        ? ranking.Own
        : ranking.Reviews.Select(r => r.Content).Append(ranking.Own)
            .FirstOrDefault(c => c is not null && c.Hash.ToArray().AsSpan().SequenceEqual(ranking.EntryHash));

    private static SaltedContent? Reviewed(StoredRanking ranking) =>
        ranking.Reviews.LastOrDefault(r => r.AnnotationId is not null && r.Latest) switch
        {
            { Decision: ReviewDecision.Rejected } => null,
            { Decision: ReviewDecision.Edited, Erased: false, Content: var edited } => edited,
            _ => ranking.Own,
        };
}
