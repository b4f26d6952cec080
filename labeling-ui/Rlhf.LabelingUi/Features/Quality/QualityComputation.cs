using Rlhf.Core.Content;
using Rlhf.Core.Randomness;
using Rlhf.Statistics;
using Rlhf.Statistics.Intervals;
using Rlhf.Statistics.Judgments;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Quality;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>The statistics of a project from its answers: a pure function.</summary>
internal static class QualityComputation
{
    /// <param name="judgments">The answers.</param>
    /// <param name="members">What the rules of labeling have counted: golds, repeats, states.</param>
    /// <param name="maxDisputed">The most disagreements that are listed.</param>
    /// <param name="now">The time of the report.</param>
    public static QualityReport Compute(
        ProjectJudgments judgments, IReadOnlyList<ProjectMember> members, int maxDisputed, DateTimeOffset now)
    {
        var first = judgments.Questions.FirstOrDefault(IsRanking);
        var rankings = first is null ? [] : judgments.Rankings(first);
        return new QualityReport
        {
            AnsweredTasks = judgments.AnsweredTasks,
            TasksUsed = judgments.Tasks.Count,
            SelfIdentifying = judgments.Tasks.Sum(task => task.SelfIdentifying.Count(says => says)),
            Questions = [.. judgments.Questions.Where(IsCompared).Select(question => Question(judgments, question))],
            GoldAccuracy = WilsonInterval.Compute(members.Sum(m => m.GoldsCorrect), members.Sum(m => m.Golds)),
            RepeatAgreement = WilsonInterval.Compute(members.Sum(m => m.RepeatsAgreed), members.Sum(m => m.Repeats)),
            Speed = SpeedOf(judgments.Tasks.SelectMany(task => task.Given)),
            Annotators = Annotators(judgments, rankings, members),
            Disputed = Disputed(judgments, rankings, maxDisputed),
            Computed = now,
        };
    }

    private static bool IsRanking(Question question) => question.Kind is QuestionKind.Ranking or QuestionKind.Pairwise;

    private static bool IsCompared(Question question) => IsRanking(question) || question.Kind is QuestionKind.Rating or QuestionKind.Labels;

    private static QuestionQuality Question(ProjectJudgments judgments, Question question)
    {
        var stream = new RandomStream(0, $"quality/{question.Key}");
        if (!IsRanking(question))
        {
            var values = JudgmentAgreement.Compute(judgments.Values(question), ordered: question.Kind == QuestionKind.Rating, stream);
            return new(question.Key, question.Text, question.Kind, values, null, null, null);
        }
        var tasks = judgments.Rankings(question);
        var agreement = JudgmentAgreement.Compute([.. tasks.Select(PairUnits.Create)], ordered: true, stream);
        bool anySays = judgments.Tasks.Any(task => task.SelfIdentifying.Contains(true));
        return new(question.Key, question.Text, question.Kind, agreement, ShownFirst.Compute(tasks, stream),
            Leaderboard(judgments, tasks, stream),
            anySays ? Leaderboard(judgments, judgments.Rankings(question, leaveOutSelfIdentifying: true), stream) : null);
    }

    private static PolicyLeaderboard? Leaderboard(ProjectJudgments judgments, IReadOnlyList<JudgedTask> tasks, RandomStream stream) =>
        PolicyComparisons.Leaderboard(tasks, judgments.Policies.Count, stream) is not { } board ? null : new PolicyLeaderboard(
            [.. board.Entries.Select(entry => PolicyEntry.Create(entry, judgments.Policies))],
            board.Separation?.Describe(item => judgments.Policies[item]), board.SeparatedReplicates);

    private static IReadOnlyList<AnnotatorQuality> Annotators(
        ProjectJudgments judgments, IReadOnlyList<JudgedTask> rankings, IReadOnlyList<ProjectMember> members)
    {
        int count = judgments.Annotators.Count;
        var reliability = AnnotatorReliability.Compute(rankings, count, judgments.Policies.Count);
        var given = judgments.Tasks.SelectMany(task => task.Given).ToLookup(answers => answers.Annotator);
        var judged = rankings.SelectMany(task => task.Judgments.Select(judgment => (task.Completions, Judgment: judgment)))
            .ToLookup(pair => pair.Judgment.Annotator);
        var known = members.ToDictionary(m => m.AnnotatorId);
        var answered = Enumerable.Range(0, count).Select(k =>
        {
            var member = known.GetValueOrDefault(judgments.Annotators[k]);
            var shown = ShownFirst.Compute(judged[k].Select(own => new JudgedTask(own.Completions, [own.Judgment])),
                new RandomStream(0, $"quality/annotator/{judgments.Annotators[k]}"));
            return new AnnotatorQuality(judgments.Annotators[k], given[k].Count(), rankings.Count == 0 ? null : reliability[k], shown.Share,
                Gold(member), Repeats(member), SpeedOf(given[k]).Median, member?.State);
        });
        // Those who have answered gold tasks only, or are excluded, are members, too.
        var others = members.Where(m => !judgments.Annotators.Contains(m.AnnotatorId)).Select(m => new AnnotatorQuality(
            m.AnnotatorId, m.Answered, null, Interval.Undefined, Gold(m), Repeats(m), null, m.State));
        return [.. answered.Concat(others).OrderByDescending(a => a.Answers).ThenBy(a => a.Annotator)];
    }

    private static Interval Gold(ProjectMember? member) =>
        WilsonInterval.Compute(member?.GoldsCorrect ?? 0, member?.Golds ?? 0);

    private static Interval Repeats(ProjectMember? member) =>
        WilsonInterval.Compute(member?.RepeatsAgreed ?? 0, member?.Repeats ?? 0);

    private static Speed SpeedOf(IEnumerable<GivenAnswers> given)
    {
        double[] seconds = [.. given.Select(answers => answers.Seconds).OfType<double>().Order()];
        return new(seconds.Length, At(0.25), At(0.5), At(0.75));

        double? At(double share)
        {
            if (seconds.Length == 0)
                return null;
            double place = share * (seconds.Length - 1);
            int below = (int)place;
            double above = seconds[Math.Min(below + 1, seconds.Length - 1)];
            return seconds[below] + (place - below) * (above - seconds[below]);
        }
    }

    private static IReadOnlyList<DisputedTask> Disputed(ProjectJudgments judgments, IReadOnlyList<JudgedTask> rankings, int most) =>
    [
        .. rankings.Select((task, i) => (Share: Agreement(task), Task: judgments.Tasks[i].Id, Answers: task.Judgments.Count))
            .Where((task, i) => task.Share < 1 && !judgments.Tasks[i].IsAdjudicated)
            .OrderBy(task => task.Share).ThenByDescending(task => task.Answers).ThenBy(task => task.Task).Take(most)
            .Select(task => new DisputedTask(task.Task, task.Share!.Value, task.Answers)),
    ];

    private static double? Agreement(JudgedTask task)
    {
        int agreeing = 0, pairs = 0;
        foreach (var unit in PairUnits.Create(task))
        {
            for (int i = 0; i < unit.Count; i++)
            {
                for (int j = i + 1; j < unit.Count; j++)
                {
                    pairs++;
                    agreeing += unit[i] == unit[j] ? 1 : 0;
                }
            }
        }
        return pairs == 0 ? null : (double)agreeing / pairs;
    }
}
