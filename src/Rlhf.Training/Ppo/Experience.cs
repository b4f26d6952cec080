using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>What an update learns from: [batch, time] fp32 tensors, 0 at padding.</summary>
/// <param name="Mask">bool, true at real tokens.</param>
/// <param name="OldLogProbs">Of the policy that sampled.</param>
/// <param name="ReferenceLogProbs">Of the frozen reference.</param>
/// <param name="OldValues">The critic's, before the update.</param>
/// <param name="Advantages">Whitened.</param>
/// <param name="Returns">Unwhitened advantages and old values together.</param>
/// <param name="Summary">What is reported of the batch.</param>
/// <param name="ExplainedVariance">Of the returns by the old values.</param>
internal sealed record Experience(Tensor Mask, Tensor OldLogProbs, Tensor ReferenceLogProbs, Tensor OldValues, Tensor Advantages, Tensor Returns,
    PpoSummary Summary, double ExplainedVariance)
{
    /// <summary>Log-probabilities, values, rewards and advantages of a scored rollout, without gradients.</summary>
    public static Experience Create(Rollout rollout, CausalLm policy, CausalLm reference, ScalarModel critic, double klCoefficient, PpoOptions options)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Device device = policy.Device;
        Tensor mask = rollout.Mask(device);

        // The sampler has the policy's log-probabilities already. In bf16 or fp16 its batches and ours round differently, so there
        // they are taken again, or the first ratios would not be 1.
        bool wide = policy.Dtype is ScalarType.Float32 or ScalarType.Float64;
        List<Tensor> old = [], referenceLogProbs = [], values = [];
        int part = options.MicroBatchSize > 0 ? options.MicroBatchSize : Math.Max(1, rollout.Count / options.Minibatches);
        foreach (int[] rows in Enumerable.Range(0, rollout.Count).Chunk(part))
        {
            using var forward = NewDisposeScope();
            CompletionBatch batch = rollout.Batch(rows, device);
            referenceLogProbs.Add(batch.LogProbsOf(reference, options.Temperature).LogProbs.MoveToOuterDisposeScope());
            values.Add(batch.ValuesOf(critic).MoveToOuterDisposeScope());
            if (!wide)
                old.Add(batch.LogProbsOf(policy, options.Temperature).LogProbs.MoveToOuterDisposeScope());
        }
        Tensor oldLogProbs = wide ? rollout.LogProbs(device) : cat(old);
        Tensor referenceAll = cat(referenceLogProbs), valuesAll = cat(values);

        Tensor containsEos = tensor(rollout.ContainsEos, device: device);
        Tensor scores = KlReward.PenalizeMissingEos(tensor(rollout.Scores, ScalarType.Float32, device), containsEos, options.MissingEosPenalty, options.MissingEos);
        Tensor kl = Masked.Zeroed(Kl.Estimate(oldLogProbs, referenceAll, options.KlEstimator), mask);
        // Charged in the loss, the divergence is no part of the reward.
        Tensor rewards = KlReward.PerToken(kl, scores, mask, options.KlPlacement == KlPlacement.Reward ? klCoefficient : 0);
        if (options.WhitenRewards)
            rewards = Masked.Whiten(rewards, mask, shiftMean: false);
        var (unwhitened, returns) = Gae.Estimate(rewards, valuesAll, mask, options.Gamma, options.Lambda);
        Tensor advantages = Masked.Whiten(unwhitened, mask);
        Tensor Out(Tensor x) => x.MoveToOuterDisposeScope();
        return new Experience(Out(mask), Out(oldLogProbs), Out(referenceAll), Out(valuesAll), Out(advantages), Out(returns),
            PpoSummary.Create(oldLogProbs, kl, scores, mask, klCoefficient),
            PpoLoss.ExplainedVariance(valuesAll, returns, mask).item<float>());
    }

    /// <summary>Some rows of everything.</summary>
    public Experience Rows(Tensor index)
    {
        Tensor Pick(Tensor x) => x.index_select(0, index);
        return this with
        {
            Mask = Pick(Mask),
            OldLogProbs = Pick(OldLogProbs),
            ReferenceLogProbs = Pick(ReferenceLogProbs),
            OldValues = Pick(OldValues),
            Advantages = Pick(Advantages),
            Returns = Pick(Returns),
        };
    }
}
