using System.Reflection;
using Rlhf.Core.Options;

namespace Rlhf.Training.Tests.Oracles;

/// <summary>The trainer's wiring: whole updates agree with the oracle in every option, and every option changes something.</summary>
public sealed class PpoOracleTests
{
    /// <summary>The trainer computes in fp32, the oracle in fp64.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>Acts when models, prompts and texts are loaded, before the trainer sees anything.</summary>
    private static readonly string[] OfTheStage =
    [
        nameof(PpoOptions.Model), nameof(PpoOptions.RewardModel), nameof(PpoOptions.Prompts), nameof(PpoOptions.MaxPromptTokens),
            nameof(PpoOptions.PtxText),
        nameof(ComputeOptions.Device), nameof(ComputeOptions.Dtype), nameof(ComputeOptions.Threads),
    ];

    /// <summary>Changes memory and the order of sums, and nothing else: PpoTrainerTests.</summary>
    private static readonly string[] WithoutEffectOnNumbers = [nameof(PpoOptions.MicroBatchSize)];

    public static TheoryData<string> Names => [.. PpoScenario.Variants.Select(v => v.Name)];

    public static TheoryData<int> MicroBatches => [0, 1, 2];

    [Theory, MemberData(nameof(Names))]
    public void Updates_agree_with_plain_loops_in_every_option(string name)
    {
        var (_, options, without) = PpoScenario.Variants.Single(v => v.Name == name);
        PpoOutcome expected = PpoScenario.TrainOracle(options), actual = PpoScenario.Train(options);
        AssertEqual(expected, actual);
        // The option is felt, well beyond what would pass as equal.
        Assert.True(Differs(expected, PpoScenario.TrainOracle(without)), $"{name} changes nothing in this scenario");
    }

    [Theory, MemberData(nameof(MicroBatches))]
    public void Updates_agree_with_plain_loops_however_minibatches_are_cut(int microBatchSize) =>
        AssertEqual(PpoScenario.TrainOracle(PpoScenario.Base),
            PpoScenario.Train(PpoScenario.Base with { MicroBatchSize = microBatchSize }));

    /// <summary>What the comparisons above would not notice if it never happened.</summary>
    [Fact]
    public void Scenario_holds_every_case()
    {
        PpoOutcome run = PpoScenario.TrainOracle(PpoScenario.Base);
        double Total(string name) => run.Metrics.Sum(m => m[name]);
        Assert.InRange(Total("val/num_eos_tokens"), 1, 11);
        Assert.All(["policy/clipfrac_avg", "val/clipfrac_avg", "policy/approxkl_avg"], name => Assert.True(Total(name) > 1e-4, $"{name} "
            + $"is {Total(name)}"));
        PpoOptions overLength = PpoScenario.Variants.Single(v => v.Name == nameof(PpoOptions.Aggregation) + " over length").Without;
        Assert.All(PpoScenario.TrainOracle(overLength).Metrics, m => Assert.Equal(overLength.BatchSize, m["val/num_eos_tokens"]));
        Assert.All(["policy/gradient_norm", "val/gradient_norm"], name =>
            Assert.True(run.Metrics[0][name] > 1.2 * PpoScenario.Base.MaxGradientNorm, $"{name} {run.Metrics[0][name]}"));
    }

    [Fact]
    public void Every_option_is_compared()
    {
        string[] named = [.. PpoScenario.Variants.Select(v => v.Name.Split(' ')[0]), .. OfTheStage, .. WithoutEffectOnNumbers];
        string[] options = [.. typeof(PpoOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite)
            .Select(p => p.Name)];
        Assert.Empty(options.Except(named));
        Assert.Empty(named.Except(options));
        foreach (var (name, with, without) in PpoScenario.Variants)
            Assert.NotEqual(typeof(PpoOptions).GetProperty(name.Split(' ')[0])!.GetValue(with),
                name.Contains(' ') ? null : typeof(PpoOptions).GetProperty(name)!.GetValue(without));
    }

    private static void AssertEqual(PpoOutcome expected, PpoOutcome actual)
    {
        Assert.Equal(expected.Metrics.Count, actual.Metrics.Count);
        foreach (var (update, (want, got)) in expected.Metrics.Zip(actual.Metrics).Index())
        {
            Assert.InRange(got["val/first_ratio_deviation"], 0, 1e-4);
            Assert.Equal(want.Keys.Order(StringComparer.Ordinal),
                got.Keys.Where(k => k != "val/first_ratio_deviation").Order(StringComparer.Ordinal));
            foreach (var (metric, value) in want)
                Assert.True(Close(value, got[metric]), $"update {update + 1}: {metric} is {got[metric]:R}, expected {value:R}");
        }
        Assert.Equal(expected.Samples.Select(s => s.Step), actual.Samples.Select(s => s.Step));
        foreach (var (want, got) in expected.Samples.SelectMany(s => s.Samples).Zip(actual.Samples.SelectMany(s => s.Samples)))
        {
            Assert.Equal(want.PromptIds, got.PromptIds);
            Assert.Equal(want.CompletionIds, got.CompletionIds);
            Assert.Equal(want.Score!.Value, got.Score!.Value, Tolerance);
        }
        Assert.Equal(expected.Samples.Sum(s => s.Samples.Length), actual.Samples.Sum(s => s.Samples.Length));
        foreach (var (name, values) in expected.Weights)
        {
            for (int i = 0; i < values.Length; i++)
                Assert.True(Close(values[i], actual.Weights[name][i]), $"{name}[{i}] is {actual.Weights[name][i]:R}, "
                    + $"expected {values[i]:R}");
        }
    }

    private static bool Close(double expected, double actual) => Math.Abs(expected - actual) <= Tolerance * Math.Max(1, Math.Abs(expected));

    /// <summary>Whether any number is apart by ten times what passes as equal.</summary>
    private static bool Differs(PpoOutcome a, PpoOutcome b)
    {
        bool Far(double x, double y) => Math.Abs(x - y) > 10 * Tolerance * Math.Max(1, Math.Abs(x));
        return a.Metrics.Count != b.Metrics.Count
            || a.Samples.Sum(s => s.Samples.Length) != b.Samples.Sum(s => s.Samples.Length)
            || a.Metrics.Zip(b.Metrics)
            .Any(pair => pair.First.Any(m => !pair.Second.TryGetValue(m.Key, out double other) || Far(m.Value, other)))
            || a.Weights.Any(w => w.Value.Zip(b.Weights[w.Key]).Any(pair => Far(pair.First, pair.Second)));
    }
}
