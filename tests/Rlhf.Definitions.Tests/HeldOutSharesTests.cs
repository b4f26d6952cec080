using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

/// <summary>A share of held-out prompts that the pipeline would pass over is refused before anything runs.</summary>
public sealed class HeldOutSharesTests : IDisposable
{
    private const string Loop = """
        name: loop
        stages:
          - candidates: { model: start, prompts: { heldOut: 0.4 } }
          - STAGE
        """;

    private static readonly Dictionary<string, Type> s_kinds = new()
    {
        ["candidates"] = typeof(CandidatesOptions),
        ["collect"] = typeof(CollectOptions),
        ["label"] = typeof(LabelOptions),
        ["ppo"] = typeof(PpoOptions),
        ["evaluate"] = typeof(EvaluateOptions),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("collect: { heldOut: 0.3 }", "p.yaml:4: collect.heldOut: 0.3 has no effect: candidates keep the side that "
        + "candidates.prompts.heldOut (0.4) gives their prompts; change that one, or leave heldOut out")]
    [InlineData("label: { heldOut: 0.3 }", "p.yaml:4: label.heldOut: 0.3 has no effect: candidates keep")]
    // The default, where it is written down.
    [InlineData("collect: { heldOut: 0.25 }", "p.yaml:4: collect.heldOut: 0.25 has no effect")]
    [InlineData("collect: { candidates: other.jsonl, heldOut: 0.3 }", "p.yaml:4: collect.heldOut: 0.3 has no effect")]
    [InlineData("ppo: { prompts: { heldOut: 0.5 } }\n  - collect: { heldOut: 0.4 }",
        "p.yaml:5: collect.heldOut: 0.4 has no effect: candidates keep the side that ppo.prompts.heldOut (0.5)")]
    [InlineData("evaluate: { prompts: { heldOut: 0.5 } }\n  - label: { heldOut: 0.4 }",
        "p.yaml:5: label.heldOut: 0.4 has no effect: candidates keep the side that evaluate.prompts.heldOut (0.5)")]
    public void Another_share_than_that_of_the_prompts_is_refused(string stage, string message) =>
        Assert.StartsWith(message, Refusal(Loop.Replace("STAGE", stage, StringComparison.Ordinal)), StringComparison.Ordinal);

    [Fact]
    public void An_override_is_refused_too() => Assert.StartsWith("--set collect.heldOut: collect.heldOut: 0.1 has no effect",
        Refusal(Loop.Replace("STAGE", "collect", StringComparison.Ordinal), "collect.heldOut=0.1"), StringComparison.Ordinal);

    [Theory]
    [InlineData("collect")]
    [InlineData("collect: { heldOut: 0.4 }")]
    [InlineData("collect: { data: pairs.jsonl, heldOut: 0.3 }")]
    [InlineData("collect: { project: kinder, heldOut: 0.3 }")]
    [InlineData("label: { heldOut: 0.4 }")]
    public void What_acts_or_says_the_same_is_taken(string stage) =>
        Assert.Equal(2, Load(Loop.Replace("STAGE", stage, StringComparison.Ordinal)).Stages.Count);

    [Fact]
    public void Without_prompts_of_the_pipeline_the_share_acts() => Assert.Equal(0.3, Assert.IsType<CollectOptions>(Assert.Single(
        Load("name: alone\nstages:\n  - collect: { candidates: c.jsonl, heldOut: 0.3 }\n").Stages).Options).HeldOut);

    private PipelineFile Load(string yaml, params string[] overrides)
    {
        File.WriteAllText(_folder["p.yaml"], yaml);
        return PipelineFile.Load(_folder["p.yaml"], s_kinds, overrides);
    }

    private string Refusal(string yaml, params string[] overrides) => Assert.Throws<UserError>(() => Load(yaml, overrides)).Message
        .Replace(_folder["p.yaml"], "p.yaml", StringComparison.Ordinal);
}
