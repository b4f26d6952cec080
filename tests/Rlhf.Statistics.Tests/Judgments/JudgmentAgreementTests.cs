using System.Text.Json;
using Rlhf.Core.Content;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Judgments;
using Rlhf.Testing;

namespace Rlhf.Statistics.Tests.Judgments;

public sealed class JudgmentAgreementTests
{
    private static readonly RandomStream Stream = new(0, "test");

    [Fact]
    public void Real_votes_give_the_numbers_of_the_libraries()
    {
        var tasks = PandaLm();
        var agreement = JudgmentAgreement.Compute([.. tasks.Select(PairUnits.Create)], ordered: true, Stream);
        Assert.Equal((tasks.Count, 3L * tasks.Count), (agreement.Tasks, agreement.Answers));
        var (name, _, _, expected) = Golden.Cases("pandalm").SingleOrDefault(c => c.Name == "agreement");
        Assert.SkipWhen(name is null, "SKIPPED: pandalm.json has no case 'agreement'");
        Golden.Equal(expected.GetProperty("krippendorff_nominal"), agreement.Nominal.Value, "nominal");
        Golden.Equal(expected.GetProperty("krippendorff_ordinal_1_tie_2"), agreement.Ordinal.Value, "ordinal");
        Golden.Equal(expected.GetProperty("fleiss_kappa"), agreement.Fleiss.Value, "Fleiss");
        Golden.Equal(expected.GetProperty("percent_agreement_all_pairs"), agreement.Percent.Value, "percent");
        Golden.Equal(expected.GetProperty("gwet_ac1").GetProperty("coefficient"), agreement.Gwet.Value, "AC1");
        Golden.Equal(expected.GetProperty("gwet_ac1").GetProperty("ci95_t"), agreement.Gwet, "AC1", 1e-8);
        foreach (var interval in new[] { agreement.Nominal, agreement.Ordinal, agreement.Percent })
        {
            Assert.InRange(interval.Value!.Value, interval.Low!.Value, interval.High!.Value);
            Assert.InRange(interval.High.Value - interval.Low.Value, 0.005, 0.06);
        }
    }

    [Fact]
    public void The_pairs_of_a_ranking_are_units_of_one_cluster_and_have_no_interval_of_their_own()
    {
        // Two annotators agree on every pair of three completions in 20 tasks, and on none in 5.
        var tasks = Enumerable.Range(0, 25).Select(i => new JudgedTask(3,
            [new RankingJudgment(0, [1, 2, 3]), new RankingJudgment(1, i < 20 ? [1, 2, 3] : [3, 2, 1])])).ToList();
        var agreement = JudgmentAgreement.Compute([.. tasks.Select(PairUnits.Create)], ordered: true, Stream);
        Assert.Equal((25, 150L), (agreement.Tasks, agreement.Answers));
        Assert.Equal(0.8, agreement.Percent.Value!.Value, 12);
        // By task, not by pair: 75 independent pairs would give half-widths of 0.09.
        Assert.InRange(agreement.Percent.High!.Value - agreement.Percent.Low!.Value, 0.24, 0.4);
        Assert.Null(agreement.Gwet.Low);
        Assert.Contains("not independent", agreement.Gwet.WhyUndefined);
    }

    [Fact]
    public void What_cannot_be_compared_is_left_out_and_what_is_undefined_says_why()
    {
        JudgedTask[] tasks =
        [
            new(2, [new RankingJudgment(0, [1, 2])]),
            new(3, [new RankingJudgment(0, [1, 2, 0]), new RankingJudgment(1, [0, 1, 2])]),
        ];
        var agreement = JudgmentAgreement.Compute([.. tasks.Select(PairUnits.Create)], ordered: true, Stream);
        Assert.Equal((0, 0L), (agreement.Tasks, agreement.Answers));
        foreach (var interval in new[] { agreement.Nominal, agreement.Ordinal, agreement.Percent, agreement.Fleiss, agreement.Gwet })
        {
            Assert.Null(interval.Value);
            Assert.NotNull(interval.WhyUndefined);
        }
        JudgedTask[] unanimous = [new(2, [new RankingJudgment(0, [1, 2]), new RankingJudgment(1, [1, 2])])];
        var same = JudgmentAgreement.Compute([.. unanimous.Select(PairUnits.Create)], ordered: true, Stream);
        Assert.Null(same.Ordinal.Value);
        Assert.Contains("equal", same.Ordinal.WhyUndefined);
        Assert.Equal(1, same.Percent.Value);
        Assert.Null(JudgmentAgreement.Compute([.. unanimous.Select(PairUnits.Create)], ordered: false, Stream).Ordinal.Value);
    }

    [Fact]
    public void More_units_take_fewer_replicates_but_never_too_few()
    {
        Assert.Equal(1000, JudgmentAgreement.Replicates(100));
        Assert.Equal(200, JudgmentAgreement.Replicates(10_000_000));
    }

    /// <summary>Three annotators' votes on 999 pairs: 0 tie, 1 the first response, 2 the second.</summary>
    internal static IReadOnlyList<JudgedTask> PandaLm()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data/preferences/pandalm-testset-v1.json")));
        return [.. document.RootElement.EnumerateArray().Select(row => new JudgedTask(2,
            [.. Enumerable.Range(0, 3).Select(k => new RankingJudgment(k, row.GetProperty($"annotator{k + 1}").GetInt32() switch
            {
                0 => [1, 1],
                1 => [1, 2],
                _ => (int[])[2, 1],
            }))]))];
    }
}
