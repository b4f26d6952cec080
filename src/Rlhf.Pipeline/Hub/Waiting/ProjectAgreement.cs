using Rlhf.Core.Randomness;
using Rlhf.Statistics.Agreement;
using Rlhf.Statistics.Judgments;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Quality;

namespace Rlhf.Pipeline.Hub.Waiting;

/// <summary>How much the annotators of a project agree, for the stopping rule: as the quality page measures it.</summary>
internal static class ProjectAgreement
{
    /// <summary>What is not seen in n tasks may still be the case in this many of them (the rule of three, at 95 %).</summary>
    private const double UnseenTasks = 3;

    /// <summary>
    /// Half of the 95 % interval of Krippendorff's α (ordinal) over the outcomes of all pairs of completions, from a bootstrap over
    /// tasks; null while there is none. The bootstrap knows no spread where all tasks are alike (after the first one, say), so that at
    /// least 3/n is given for n tasks with several answers. The same answers give the same number.
    /// </summary>
    public static async Task<double?> HalfWidthAsync(RlhfDatabase database, Guid project, CancellationToken stop)
    {
        var judgments = await new JudgmentReader(database).ReadAsync(project, cancellation: stop);
        if (judgments.Questions.FirstOrDefault(q => q.Kind is QuestionKind.Ranking or QuestionKind.Pairwise) is not { } question)
            return null;
        IReadOnlyList<IReadOnlyList<double>>[] tasks =
        [
            .. judgments.Rankings(question).Select(task => (IReadOnlyList<IReadOnlyList<double>>)
                [.. PairUnits.Create(task).Where(unit => unit.Count > 1)]).Where(units => units.Count > 0),
        ];
        var alpha = KrippendorffAlpha.WithIntervalByCluster(tasks, MeasurementLevel.Ordinal, new RandomStream(1, "label/agreement"),
            JudgmentAgreement.Replicates(tasks.Sum(units => (long)units.Count)));
        return alpha.High - alpha.Low is { } width ? Math.Max(width / 2, UnseenTasks / tasks.Length) : null;
    }
}
