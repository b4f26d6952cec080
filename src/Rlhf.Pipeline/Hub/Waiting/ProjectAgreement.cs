using Rlhf.Core.Randomness;
using Rlhf.Statistics;
using Rlhf.Statistics.Agreement;
using Rlhf.Statistics.Judgments;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Quality;

namespace Rlhf.Pipeline.Hub.Waiting;

/// <summary>How much the annotators of a project agree, for the stopping rule: as the quality page measures it.</summary>
internal static class ProjectAgreement
{
    /// <summary>
    /// Krippendorff's α (ordinal) over the outcomes of all pairs of completions, with its 95 % interval from a bootstrap over tasks.
    /// The same answers give the same interval.
    /// </summary>
    public static async Task<Interval> MeasureAsync(RlhfDatabase database, Guid project, CancellationToken stop)
    {
        var judgments = await new JudgmentReader(database).ReadAsync(project, cancellation: stop);
        if (judgments.Questions.FirstOrDefault(q => q.Kind is QuestionKind.Ranking or QuestionKind.Pairwise) is not { } question)
            return Interval.UndefinedBecause("the project asks for no ranking");
        IReadOnlyList<IReadOnlyList<double>>[] tasks =
        [
            .. judgments.Rankings(question).Select(task => (IReadOnlyList<IReadOnlyList<double>>)
                [.. PairUnits.Create(task).Where(unit => unit.Count > 1)]).Where(units => units.Count > 0),
        ];
        return KrippendorffAlpha.WithIntervalByCluster(tasks, MeasurementLevel.Ordinal, new RandomStream(1, "label/agreement"),
            JudgmentAgreement.Replicates(tasks.Sum(units => (long)units.Count)));
    }
}
