using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Generation;
using Rlhf.Training.Ppo;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Ppo;

/// <summary>The optimization phase alone: what it refuses, its forward passes, and what is alive in them.</summary>
public sealed class PpoOptimizerTests
{
    private static readonly PpoOptions Options =
        new() { BatchSize = 8, Minibatches = 1, Epochs = 1, MaxNewTokens = 6, EvaluateEvery = 0, Temperature = 0.7 };

    private readonly ForwardPasses _passes = [];

    /// <summary>A sampler that disagrees with the trainer by 1 % of a probability.</summary>
    [Fact]
    public void First_ratios_off_1_stop_the_training()
    {
        using CausalLm policy = TinyModels.Policy();
        byte[] before = TinyModels.Bytes(policy);
        Assert.Contains("sampler and trainer disagree",
            Assert.Throws<InvalidOperationException>(() => Optimize(policy, off: 0.01)).Message);
        Assert.Equal(before, TinyModels.Bytes(policy));
        Optimize(policy, off: 0);
        Assert.NotEqual(before, TinyModels.Bytes(policy));
    }

    /// <summary>The tolerance is that of the model: 2.6e-4 at 8 layers of 256 in fp32, and 0.6 in bf16.</summary>
    [Fact]
    public void First_ratios_may_be_off_1_by_what_the_model_rounds()
    {
        using CausalLm large = TinyModels.Policy(hidden: 256, layers: 8), narrow = TinyModels.Policy(dtype: ScalarType.BFloat16);
        Optimize(large, off: 2e-4);
        Assert.Throws<InvalidOperationException>(() => Optimize(large, off: 1e-2));
        Optimize(narrow, off: 1e-2);
        Assert.Throws<InvalidOperationException>(() => Optimize(narrow, off: 1));
    }

    /// <summary>The policy's logits are the largest tensors of a step. The critic's pass needs as much beside its own graph.</summary>
    [Fact]
    public void Nothing_of_the_policys_pass_is_alive_in_the_critics()
    {
        using CausalLm policy = TinyModels.Policy();
        Optimize(policy, off: 0, Options with { MicroBatchSize = 4 });
        Assert.Equal(["policy", "critic", "policy", "critic"], _passes.Select(p => p.Model));
        Assert.All(_passes, p => Assert.True(p.Learns));
        Assert.Single(_passes.Select(p => p.Live).Distinct());
    }

    /// <summary>As many sequences as the minibatch has completions, and no more at a time than it has in a micro-batch.</summary>
    [Theory]
    [InlineData(0, new[] { 8, 8 })]
    [InlineData(3, new[] { 3, 3, 2, 3, 3, 2 })]
    [InlineData(2, new[] { 2, 2, 2, 2, 2, 2, 2, 2 })]
    public void Pretraining_text_is_cut_into_micro_batches_too(int microBatch, int[] rows)
    {
        using CausalLm policy = TinyModels.Policy();
        Optimize(policy, off: 0, Options with { MicroBatchSize = microBatch, PtxCoefficient = 0.5 });
        Assert.Equal(rows, _passes.Where(p => p.Model == "policy").Select(p => p.Rows));
    }

    /// <summary>One update whose old log-probabilities are off by a constant; only its optimization is watched.</summary>
    private void Optimize(CausalLm policy, double off, PpoOptions? options = null)
    {
        options ??= Options;
        using var scope = NewDisposeScope();
        using ScalarModel reward = TinyModels.Reward(policy), critic = reward.Clone();
        using CausalLm reference = policy.Clone();
        Sequence[] text = [.. Enumerable.Range(3, 5).Select(n => new Sequence([2, n, n + 1, 1], [false, true, true, true]))];
        using var optimizer = new PpoOptimizer(options, policy, critic, text);
        SampleRequest[] requests = [.. PlantedOrder.Prompts(8).Select((p, i) => new SampleRequest(p, new DrawKey(0, (uint)i, 0)))];
        Rollout rollout = Rollout.Sample(policy, requests, options, new RandomStream(1, "test")).ScoredBy(reward, 8);
        Experience experience = Experience.Create(rollout, policy, reference, critic, 0.1, options);
        experience = experience with { OldLogProbs = experience.OldLogProbs - off * experience.Mask };
        _passes.Clear();
        using IDisposable ofPolicy = _passes.Watch("policy", policy), ofCritic = _passes.Watch("critic", critic);
        optimizer.Optimize(rollout, experience, 0, 0.1, 1);
    }
}
