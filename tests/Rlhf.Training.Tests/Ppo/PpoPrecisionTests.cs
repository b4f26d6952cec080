using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Training.Ppo;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Ppo;

/// <summary>Numbers that must not depend on how completions are cut into batches, and how exactly they are known.</summary>
public sealed class PpoPrecisionTests : IDisposable
{
    private static readonly PpoOptions Options =
        new() { Updates = 2, BatchSize = 8, Minibatches = 1, Epochs = 1, MaxNewTokens = 9, EvaluateEvery = 0, LearningRate = 3e-3 };

    private readonly ScalarModel _reward = PlantedOrder.Model();

    public static TheoryData<int, int> Sizes => new() { { 6, 0 }, { 6, 1 }, { 9, 2 }, { 16, 5 }, { 16, 16 } };

    public void Dispose() => _reward.Dispose();

    /// <summary>With a learning rate of 0 the policy stays the one that sampled, whatever the sizes of rollouts and parts.</summary>
    [Theory, MemberData(nameof(Sizes))]
    public void Ratios_stay_1_at_a_learning_rate_of_0(int batch, int microBatch)
    {
        Recorder recorder = Train(
            Options with { LearningRate = 0, BatchSize = batch, MicroBatchSize = microBatch, Minibatches = 3, Epochs = 2 });
        Assert.All(recorder.Series("val/first_ratio_deviation"), d => Assert.InRange(d, 0, 1e-4));
        // The mean of half a square: no log ratio of an update is larger than the root of twice its tokens times this.
        foreach (var (approxKl, tokens) in recorder.Series("policy/approxkl_avg").Zip(recorder.Series("completion_tokens")))
            Assert.True(Math.Sqrt(2 * approxKl * tokens * batch) < 1e-4);
    }

    /// <summary>Accumulation over micro-batches scales neither model's gradient; the completions have different lengths.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(4), InlineData(8)]
    public void Gradient_norms_do_not_depend_on_the_micro_batch(int microBatch)
    {
        Recorder whole = Train(Options), parts = Train(Options with { MicroBatchSize = microBatch });
        Assert.NotEqual(Math.Round(whole.Series("completion_tokens")[0]), whole.Series("completion_tokens")[0]);
        foreach (string norm in (string[])["policy/gradient_norm", "val/gradient_norm"])
            Assert.All(whole.Series(norm).Zip(parts.Series(norm)), n => Assert.Equal(n.First, n.Second, 1e-4 * n.First));
    }

    [Fact]
    public void Tokens_per_second_are_tokens_over_the_seconds_of_the_update()
    {
        Recorder recorder = Train(Options);
        foreach (var (_, values) in recorder.Reports)
        {
            Assert.Equal(values["tokens"], values["tokens/s"] * values["seconds/update"], 1e-6 * values["tokens"]);
            Assert.Equal(values["seconds/update"], values["seconds/sample"] + values["seconds/score"] + values["seconds/experience"]
                + values["seconds/optimize"], 1e-9);
            Assert.True(values["tokens"] > values["completion_tokens"] * Options.BatchSize + Options.BatchSize, "prompts count");
        }
        // Progress is over all updates: all tokens over all seconds.
        double tokens = recorder.Series("tokens").Sum(), seconds = recorder.Series("seconds/update").Sum();
        Assert.Equal(tokens / seconds, recorder.Steps[^1].TokensPerSecond, 1e-6 * tokens / seconds);
        Assert.Equal([(1L, 2L, "prompt and completion tokens"), (2L, 2L, "prompt and completion tokens")],
            recorder.Steps.Select(s => (s.Done, s.Total, s.Counted)));
    }

    /// <summary>
    /// Sampler and trainer apart by rounding, measured: well within the tolerance, and that well below what a wrong temperature gives.
    /// </summary>
    [Theory]
    [InlineData(16, 2)]
    [InlineData(64, 4)]
    [InlineData(256, 8)]
    public void Tolerance_of_the_first_ratios_holds_for_models_of_every_size(int hidden, int layers)
    {
        using var scope = NewDisposeScope();
        using CausalLm policy = CausalLm.Create(
            ModelConfig.CreateLlama(
                TinyModels.Vocabulary, hidden, layers, 4, 2, 2 * hidden, 64, eosIds: [TinyModels.Eos],
                padId: TinyModels.Pad) with
            { InitializerRange = 0.1 },
            new RandomStream(1, "init"), CPU, ScalarType.Float32);
        SampleRequest[] requests = [.. PlantedOrder.Prompts(12).Select((p, i) => new SampleRequest(p, new DrawKey(0, (uint)i, 0)))];
        Rollout rollout = Rollout.Sample(policy, requests, Options with { MaxNewTokens = 24 }, new RandomStream(1, "test"));
        using var noGradient = no_grad();
        Tensor again = rollout.Batch([.. Enumerable.Range(0, rollout.Count)], CPU).ComputeLogProbs(policy, Options.Temperature).LogProbs;
        double deviation = ((again - rollout.LogProbs(CPU)).exp() - 1).abs().max().item<float>();
        double tolerance = RatioTolerance.Estimate(policy.Dtype, policy.Config, Options.Temperature);
        Assert.True(deviation < tolerance / 3, $"deviation {deviation:G3}, tolerance {tolerance:G3}");
        Assert.True(tolerance < 1e-3);
    }

    [Fact]
    public void Tolerance_grows_with_width_depth_and_roundoff()
    {
        ModelConfig Config(int hidden, int layers) =>
            ModelConfig.CreateLlama(32, hidden, layers, 4, 2, 2 * hidden, 64, eosIds: [1], padId: 0);
        Assert.Equal(1e-4, RatioTolerance.Estimate(ScalarType.Float32, Config(32, 2), 1));
        double large = RatioTolerance.Estimate(ScalarType.Float32, Config(512, 8), 0.7);
        Assert.InRange(large, 1.7e-4, 1e-3);
        Assert.Equal(2, RatioTolerance.Estimate(ScalarType.Float32, Config(2048, 8), 0.7) / large, 1e-9);
        Assert.True(RatioTolerance.Estimate(ScalarType.BFloat16, Config(512, 8), 0.7) > 100 * large);
    }

    private Recorder Train(PpoOptions options)
    {
        using CausalLm policy = TinyModels.Policy();
        var recorder = new Recorder();
        new PpoTrainer(options, recorder).Train(policy, _reward, PlantedOrder.Prompts(24));
        return recorder;
    }
}
