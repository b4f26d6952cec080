using Rlhf.Core.Content;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Judgments;

namespace Rlhf.Statistics.Tests.Judgments;

public sealed class AnnotatorReliabilityTests
{
    private const int Annotators = 10, Adversary = 6, Policies = 4;

    [Fact]
    public void A_planted_adversary_among_ten_is_found_by_both_models()
    {
        var found = AnnotatorReliability.Compute(Simulated(tasks: 60), Annotators, Policies);
        Assert.Equal(Annotators, found.Count);
        foreach (var annotator in found)
        {
            Assert.Equal(30, annotator.Rankings);
            bool adverse = annotator.Annotator == Adversary;
            Assert.Equal(adverse, annotator.Accuracy < 0.5);
            Assert.Equal(adverse, annotator.Reliability < 0.5);
            Assert.Equal(adverse, annotator.Agreement.High < 0.5);
            Assert.Equal(adverse, annotator.DawidSkeneWeight == 0);
            Assert.Equal(adverse, annotator.CrowdWeight == 0);
        }
        Assert.All(found.Where(a => a.Annotator != Adversary), a => Assert.InRange(a.Agreement.Value!.Value, 0.7, 1));
    }

    [Fact]
    public void What_nothing_is_known_of_is_left_open()
    {
        JudgedTask[] alone = [new(2, [new RankingJudgment(0, [1, 2])]), new(2, [new RankingJudgment(1, [1, 2])])];
        foreach (var annotator in AnnotatorReliability.Compute(alone, annotators: 3, policies: 0))
        {
            Assert.Null(annotator.Accuracy);
            Assert.Null(annotator.Reliability);
            Assert.Null(annotator.DawidSkeneWeight);
            Assert.Null(annotator.Agreement.Value);
        }
    }

    [Fact]
    public void Policies_are_compared_by_the_pairs_of_a_ranking_whose_completions_come_from_two_of_them()
    {
        JudgedTask[] tasks =
        [
            new(3, [new RankingJudgment(0, [1, 2, 2]), new RankingJudgment(1, [2, 1, 0])]) { Policies = [0, 1, 1] },
            new(2, [new RankingJudgment(0, [1, 2])]) { Policies = [-1, 1] },
            new(2, [new RankingJudgment(0, [1, 2])]),
        ];
        var outcomes = PolicyComparisons.Outcomes(tasks);
        Assert.Equal([(0, 0, 1, 1.0), (0, 0, 1, 0.0), (0, 0, 1, 1.0)],
            outcomes.Select(o => (o.Cluster, o.First, o.Second, o.Outcome)));
        var board = PolicyComparisons.Leaderboard(tasks, 2, new RandomStream(0, "test"))!;
        Assert.Equal([0, 1], board.Entries.Select(e => e.Item));
        Assert.Equal(2.0 / 3, board.Entries[0].WinShare!.Value, 12);
        Assert.Null(PolicyComparisons.Leaderboard(tasks[1..], 2, new RandomStream(0, "test")));
    }

    /// <summary>Every second annotator ranks each task's two completions; one of them always the wrong way around.</summary>
    private static List<JudgedTask> Simulated(int tasks)
    {
        var random = new RandomStream(3, "adversary");
        return [.. Enumerable.Range(0, tasks).Select(t =>
        {
            int first = random.Below(Policies, (uint)t), second = (first + 1 + random.Below(Policies - 1, (uint)t, 1)) % Policies;
            bool firstIsBetter = first < second;
            return new JudgedTask(2, [.. Enumerable.Range(0, Annotators).Where(k => (k + t) % 2 == 0).Select(k =>
            {
                bool right = random.Uniform((uint)t, (uint)k, 2) < 0.92;
                bool says = k == Adversary ? firstIsBetter != right : firstIsBetter == right;
                return new RankingJudgment(k, says ? [1, 2] : [2, 1]);
            })])
            { Policies = [first, second] };
        })];
    }
}
