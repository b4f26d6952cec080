using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Help;
using Rlhf.Definitions.Pipelines;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

/// <summary>A stage that computes nothing has no device; one that draws nothing has no seed.</summary>
public sealed class SharedOptionsTests : IDisposable
{
    private const string Shared = """
        name: shared
        seed: 5
        device: cpu
        dtype: fp32
        threads: 2
        stages:
          - candidates: { model: start }
          - collect
          - label
          - ppo
          - repeat
        """;

    private static readonly Dictionary<string, Type> s_kinds = new()
    {
        ["candidates"] = typeof(CandidatesOptions),
        ["collect"] = typeof(CollectOptions),
        ["label"] = typeof(LabelOptions),
        ["ppo"] = typeof(PpoOptions),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(typeof(CandidatesOptions), "device dtype threads seed")]
    [InlineData(typeof(CollectOptions), "seed")]
    [InlineData(typeof(LabelOptions), "")]
    [InlineData(typeof(RepeatOptions), "")]
    public void Help_shows_those_that_act(Type stage, string options) => Assert.Equal(
        options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        OptionsHelp.Describe(stage).Select(o => o.Key).Where(key => key is "device" or "dtype" or "threads" or "seed"));

    [Fact]
    public void What_the_file_sets_for_all_reaches_the_stages_that_have_it()
    {
        var pipeline = Load();
        Assert.All(pipeline.Stages.Select(s => s.Options).OfType<ComputeOptions>(), o =>
            Assert.Equal(("cpu", Dtype.Fp32, 2, 5UL), (o.Device, o.Dtype, o.Threads, o.Seed)));
        Assert.Equal(4, pipeline.Stages.Select(s => s.Options).OfType<ComputeOptions>().Count());
        Assert.Equal([5UL, 5], pipeline.Stages.Select(s => s.Options).OfType<CollectOptions>().Select(o => o.Seed));
        Assert.Equal(2, pipeline.Stages.Select(s => s.Options).OfType<LabelOptions>().Count());
    }

    [Theory]
    [InlineData("collect.device=cpu", "--set collect.device: unknown key 'device' in collect")]
    [InlineData("collect.threads=1", "--set collect.threads: unknown key 'threads' in collect")]
    [InlineData("label.dtype=fp32", "--set label.dtype: unknown key 'dtype' in label")]
    [InlineData("label.seed=2", "--set label.seed: unknown key 'seed' in label")]
    [InlineData("repeat.seed=2", "--set repeat.seed: unknown key 'seed' in repeat")]
    public void A_stage_that_lacks_it_refuses_it(string set, string message) =>
        Assert.StartsWith(message, Assert.Throws<UserError>(() => Load(set)).Message, StringComparison.Ordinal);

    /// <summary>Rows and run.json of earlier versions have all four for every stage.</summary>
    [Fact]
    public void What_earlier_versions_wrote_is_read()
    {
        const string Old = """{ "overlap": 3, "device": "cuda:1", "dtype": "bf16", "threads": 2, "seed": 7 }""";
        Assert.Equal(new LabelOptions { Overlap = 3 }, OptionsJson.Read<LabelOptions>(Old));
        Assert.Equal(new CollectOptions { Overlap = 3, Seed = 7 }, OptionsJson.Read<CollectOptions>(Old));
        Assert.DoesNotContain("device", OptionsJson.Write(OptionsJson.Read<LabelOptions>(Old)), StringComparison.Ordinal);
        Assert.Contains("unknown field 'devices'", Assert.Throws<UserError>(() =>
            OptionsJson.Read<LabelOptions>("""{ "devices": "cpu" }""")).Message, StringComparison.Ordinal);
    }

    private PipelineFile Load(params string[] overrides)
    {
        File.WriteAllText(_folder["p.yaml"], Shared);
        return PipelineFile.Load(_folder["p.yaml"], s_kinds, overrides);
    }
}
