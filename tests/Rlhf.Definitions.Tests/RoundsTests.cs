using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

/// <summary>A repeat is read as the stages of all its rounds.</summary>
public sealed class RoundsTests : IDisposable
{
    private const string Loop = """
        name: loop
        seed: 5
        stages:
          - pretrain: { corpus: text }
          - candidates: { model: start, perPrompt: 4 }
          - label: { overlap: 2, until: { days: 3 } }
          - reward
          - ppo: { updates: 7 }
          - repeat: { rounds: 3, previousShare: 0.5 }
          - evaluate
        """;

    private static readonly Dictionary<string, Type> s_kinds = new()
    {
        ["pretrain"] = typeof(PretrainOptions),
        ["candidates"] = typeof(CandidatesOptions),
        ["label"] = typeof(LabelOptions),
        ["reward"] = typeof(RewardOptions),
        ["ppo"] = typeof(PpoOptions),
        ["evaluate"] = typeof(EvaluateOptions),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_stages_since_the_candidates_come_once_for_each_round()
    {
        var pipeline = Load(Loop);
        string[] round = ["candidates", "label", "reward", "ppo"];
        Assert.Equal(["pretrain", .. round, .. round, .. round, "evaluate"], pipeline.Stages.Select(s => s.Kind));
        var candidates = pipeline.Stages.Select(s => s.Options).OfType<CandidatesOptions>().ToList();
        Assert.EndsWith("start", candidates[0].Model);
        // Later rounds sample what was trained.
        Assert.Equal([(1, 0), (2, 0.5), (3, 0.5)], candidates.Select(c => (c.Round, c.PreviousShare)));
        Assert.Equal(["", ""], candidates.Skip(1).Select(c => c.Model));
        Assert.Equal([1, 2, 3], pipeline.Stages.Select(s => s.Options).OfType<LabelOptions>().Select(l => l.Round));
        Assert.All(pipeline.Stages.Select(s => s.Options).OfType<PpoOptions>(), p => Assert.Equal((7, 5UL), (p.Updates, p.Seed)));
        // What the hub keeps knows of no repeat.
        string json = pipeline.ToJson();
        Assert.DoesNotContain("repeat", json, StringComparison.Ordinal);
        Assert.Equal(json, PipelineFile.FromJson(json, s_kinds).ToJson());
    }

    [Fact]
    public void Overrides_reach_all_rounds_and_the_repeat_itself()
    {
        var pipeline = Load(Loop, "ppo.updates=9", "repeat.rounds=2", "repeat.previousShare=0", "repeat.from=pretrain");
        Assert.Equal(11, pipeline.Stages.Count);
        Assert.Equal(2, pipeline.Stages.Count(s => s.Kind == "pretrain"));
        Assert.Equal([9, 9], pipeline.Stages.Select(s => s.Options).OfType<PpoOptions>().Select(p => p.Updates));
        Assert.Equal([0, 0], pipeline.Stages.Select(s => s.Options).OfType<CandidatesOptions>().Select(p => p.PreviousShare));
        Assert.Equal(6, Load(Loop, "repeat.rounds=1").Stages.Count);
    }

    [Theory]
    [InlineData("rounds: 3", "rounds: 0", "p.yaml:9: repeat.rounds must be between 1 and 100; got '0'")]
    [InlineData("rounds: 3", "ruonds: 3", "p.yaml:9: unknown key 'ruonds' in repeat; did you mean 'rounds'?")]
    [InlineData("rounds: 3", "from: candidate", "p.yaml:9: repeat.from: no stage 'candidate' before the repeat; did you mean 'candidates'? "
        + "Before it: pretrain, candidates, label, reward, ppo")]
    [InlineData("rounds: 3", "from: reward", "p.yaml:9: repeat: the repeated stages must have candidates and ppo: each round samples the "
        + "policy that the round before has trained; they are reward, ppo")]
    [InlineData("days: 3", "date: 2027-01-31", "p.yaml:9: repeat: label.until.date would end the labeling of every round on the same date; "
        + "use label.until.days")]
    [InlineData("  - evaluate", "  - repeat", "p.yaml:10: repeat: a pipeline has one at most")]
    public void What_cannot_be_repeated_is_refused(string old, string with, string message) =>
        Assert.StartsWith(message, Refusal(Loop.Replace(old, with)));

    [Theory]
    [InlineData("31.1.2027")]
    [InlineData("tomorrow")]
    [InlineData("2027-02-30")]
    public void A_date_that_is_none_is_refused(string date) => Assert.Contains(
        $"date must be a date such as 2027-01-31 or a time such as 2027-01-31T18:00Z; got '{date}'",
        Refusal(Loop.Replace("days: 3", $"date: {date}")));

    private PipelineFile Load(string yaml, params string[] overrides)
    {
        File.WriteAllText(_folder["p.yaml"], yaml);
        return PipelineFile.Load(_folder["p.yaml"], s_kinds, overrides);
    }

    private string Refusal(string yaml) =>
        Assert.Throws<UserError>(() => Load(yaml)).Message.Replace(_folder["p.yaml"], "p.yaml", StringComparison.Ordinal);
}
