using Rlhf.Core.Content;
using Rlhf.Statistics.Annotators;

namespace Rlhf.Statistics.Judgments;

/// <summary>How far an annotator's rankings can be relied on.</summary>
/// <param name="Annotator">Index of the annotator.</param>
/// <param name="Rankings">Rankings given.</param>
/// <param name="Agreement">The share of pairs, ties left out, on which they agree with the majority of the others.</param>
/// <param name="Accuracy">
/// The probability of the right outcome of a pair by Dawid and Skene's model; null where nobody else judged their tasks.
/// </param>
/// <param name="Reliability">η of Crowd-BT over the policies: below ½ answers are mostly reversed; null without policies.</param>
public sealed record AnnotatorReliability(
    int Annotator, int Rankings, Interval Agreement, double? Accuracy, double? Reliability)
{
    private const int Outcomes = 3;

    /// <summary>The most votes that the models are fitted to; of more, the first tasks are taken.</summary>
    public const int MaxVotes = 60_000;

    /// <summary>Crowd-BT is fitted for this many annotators at most: its cost grows with their cube.</summary>
    public const int MaxCrowd = 60;

    private const int MaxRounds = 100;
    private const double Tolerance = 1e-6;

    /// <summary>2p − 1 of the accuracy, at least 0: an annotator no better than a coin has none.</summary>
    public double? DawidSkeneWeight => Weight(Accuracy);

    /// <summary>2η − 1, at least 0.</summary>
    public double? CrowdWeight => Weight(Reliability);

    /// <param name="tasks">Tasks with their judgments.</param>
    /// <param name="annotators">How many annotators there are.</param>
    /// <param name="policies">How many policies there are.</param>
    public static IReadOnlyList<AnnotatorReliability> Compute(IReadOnlyList<JudgedTask> tasks, int annotators, int policies)
    {
        var agreement = AgreementWithOthers(tasks, annotators);
        double?[] accuracy = Accuracies(tasks, annotators);
        double?[] reliability = Reliabilities(tasks, annotators, policies);
        int[] rankings = new int[annotators];
        foreach (var judgment in tasks.SelectMany(task => task.Judgments))
            rankings[judgment.Annotator]++;
        return [.. Enumerable.Range(0, annotators).Select(k => new AnnotatorReliability(
            k, rankings[k], Intervals.WilsonInterval.Compute(agreement[k].Agreed, agreement[k].All), accuracy[k], reliability[k]))];
    }

    private static double? Weight(double? probability) => probability is { } p ? Math.Max(0, 2 * p - 1) : null;

    private static (int Agreed, int All)[] AgreementWithOthers(IReadOnlyList<JudgedTask> tasks, int annotators)
    {
        var counts = new (int Agreed, int All)[annotators];
        foreach (var task in tasks.Where(task => task.Judgments.Count > 1))
        {
            foreach (var (i, j) in task.Pairs())
            {
                int sum = task.Judgments.Sum(judgment => judgment.Outcome(i, j) ?? 0);
                foreach (var judgment in task.Judgments)
                {
                    int own = judgment.Outcome(i, j) ?? 0, others = Math.Sign(sum - own);
                    if (own == 0 || others == 0)
                        continue;
                    counts[judgment.Annotator].All++;
                    counts[judgment.Annotator].Agreed += own == others ? 1 : 0;
                }
            }
        }
        return counts;
    }

    /// <summary>Dawid and Skene's model over the outcomes of pairs that at least two annotators judged.</summary>
    private static double?[] Accuracies(IReadOnlyList<JudgedTask> tasks, int annotators)
    {
        var votes = new List<LabelVote>();
        int units = 0;
        foreach (var task in tasks.Where(task => task.Judgments.Count > 1))
        {
            if (votes.Count > MaxVotes)
                break;
            foreach (var (i, j) in task.Pairs())
            {
                var judged = task.Judgments.Where(judgment => judgment.Outcome(i, j) is not null).ToList();
                if (judged.Count < 2)
                    continue;
                votes.AddRange(judged.Select(judgment => new LabelVote(units, judgment.Annotator, judgment.Outcome(i, j)!.Value + 1)));
                units++;
            }
        }
        double?[] accuracies = new double?[annotators];
        if (votes.Count == 0)
            return accuracies;
        var model = DawidSkene.Fit(votes, units, annotators, Outcomes, MaxRounds, Tolerance);
        foreach (int annotator in votes.Select(vote => vote.Annotator).Distinct())
            accuracies[annotator] = Math.Clamp(model.Accuracy(annotator), 0, 1);
        return accuracies;
    }

    /// <summary>Crowd-BT over the policies; ties count for neither.</summary>
    private static double?[] Reliabilities(IReadOnlyList<JudgedTask> tasks, int annotators, int policies)
    {
        double?[] reliabilities = new double?[annotators];
        var votes = tasks.Where(task => task.Policies.Count > 0).SelectMany(Votes).ToList();
        int[] voters = [.. votes.GroupBy(vote => vote.Annotator).OrderByDescending(own => own.Count()).ThenBy(own => own.Key)
            .Take(MaxCrowd).Select(own => own.Key)];
        if (voters.Length == 0 || policies < 2)
            return reliabilities;
        var places = voters.Index().ToDictionary(voter => voter.Item, voter => voter.Index);
        var fit = CrowdBradleyTerry.Fit(
            [.. votes.Where(vote => places.ContainsKey(vote.Annotator)).Select(vote => vote with { Annotator = places[vote.Annotator] })],
            policies, voters.Length);
        for (int k = 0; k < voters.Length; k++)
            reliabilities[voters[k]] = fit.Reliabilities[k];
        return reliabilities;
    }

    private static IEnumerable<PreferenceVote> Votes(JudgedTask task) =>
        from pair in task.Pairs()
        let first = task.Policies[pair.First]
        let second = task.Policies[pair.Second]
        where first >= 0 && second >= 0 && first != second
        from judgment in task.Judgments
        let outcome = judgment.Outcome(pair.First, pair.Second)
        where outcome is 1 or -1
        select new PreferenceVote(judgment.Annotator, outcome > 0 ? first : second, outcome > 0 ? second : first);
}
