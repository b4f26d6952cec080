using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Randomness;
using Rlhf.Statistics;
using Rlhf.Statistics.Agreement;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Waiting;

/// <summary>How much the annotators of a project agree, for the stopping rule.</summary>
internal static class ProjectAgreement
{
    private const int Replicates = 1000;

    /// <summary>
    /// Krippendorff's α (ordinal) over the outcomes of all pairs of completions, with its 95 % interval from a bootstrap over tasks.
    /// The same answers give the same interval.
    /// </summary>
    public static async Task<Interval> MeasureAsync(RlhfDatabase database, Guid project, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        var rankings = db.Annotations
            .Where(a => a.Latest && a.Kind == TaskKind.Normal && a.Erased == null
                && db.Tasks.Any(t => t.Id == a.TaskId && t.ProjectId == project)
                && !db.Members.Any(m => m.ProjectId == project && m.AnnotatorId == a.AnnotatorId && m.State == MemberState.Excluded))
            .OrderBy(a => a.TaskId).ThenBy(a => a.Id).Select(a => new { a.TaskId, a.Answers }).AsAsyncEnumerable();
        var tasks = new List<IReadOnlyList<IReadOnlyList<double>>>();
        var together = new List<Answer>();
        Guid? task = null;
        await foreach (var row in rankings.WithCancellation(stop))
        {
            if (row.TaskId != task)
                Flush();
            task = row.TaskId;
            if (row.Answers.GetValueOrDefault(Question.Ranking) is { Ranking.Count: > 0 } answer)
                together.Add(answer);
        }
        Flush();
        return KrippendorffAlpha.WithIntervalByCluster(
            tasks, MeasurementLevel.Ordinal, new RandomStream(1, "label/agreement"), Replicates);

        void Flush()
        {
            if (together.Count > 1)
                tasks.Add(Units(together));
            together.Clear();
        }
    }

    /// <summary>One unit per pair of completions: 1 where the first is better, −1 where the second is, 0 for a tie.</summary>
    private static List<double[]> Units(List<Answer> answers)
    {
        Dictionary<int, double>[] ranks = [.. answers.Select(answer => answer.Ranking!
            .SelectMany((group, place) => group.Select(index => (index, Rank: (double)place))).ToDictionary(p => p.index, p => p.Rank))];
        int[] indices = [.. ranks.SelectMany(r => r.Keys).Distinct().Order()];
        var units = new List<double[]>();
        for (int i = 0; i < indices.Length; i++)
        {
            for (int j = i + 1; j < indices.Length; j++)
            {
                // Whoever left one of the two out has said nothing of the pair.
                units.Add([.. ranks.Where(r => r.ContainsKey(indices[i]) && r.ContainsKey(indices[j]))
                    .Select(r => (double)Math.Sign(r[indices[j]] - r[indices[i]]))]);
            }
        }
        return units;
    }
}
