using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>
/// The training data of one update: [batch, time] fp32 tensors, 0 at padding, without gradients. They belong to the dispose scope in
/// which the experience is created or sliced.
/// </summary>
/// <param name="Mask">bool, true at real tokens.</param>
/// <param name="OldLogProbs">Log-probabilities under the policy that sampled.</param>
/// <param name="ReferenceLogProbs">Log-probabilities under the frozen reference.</param>
/// <param name="OldValues">Values of the critic before the update.</param>
/// <param name="Advantages">Whitened advantages.</param>
/// <param name="Returns">Unwhitened advantages + old values.</param>
/// <param name="Summary">Metrics of the batch.</param>
/// <param name="ExplainedVariance">Explained variance of the returns by the old values; NaN if all returns are equal.</param>
internal sealed record Experience(
    Tensor Mask, Tensor OldLogProbs, Tensor ReferenceLogProbs, Tensor OldValues, Tensor Advantages, Tensor Returns,
    PpoSummary Summary, double ExplainedVariance)
{
    /// <summary>Computes log-probabilities, values, rewards and advantages of a scored rollout, without gradients.</summary>
    public static Experience Create(
        Rollout rollout, CausalLm policy, CausalLm reference, ScalarModel critic, double klCoefficient, PpoOptions options)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Device device = policy.Device;
        Tensor mask = rollout.Mask(device);

        // The sampler has computed the policy's log-probabilities. In bf16 its batches round differently from the trainer's, so they
        // are computed again; otherwise the first ratios would not be 1.
        bool fullPrecision = policy.Dtype is ScalarType.Float32 or ScalarType.Float64;
        List<Tensor> old = [], referenceLogProbs = [], values = [];
        int part = options.MicroBatchSize > 0 ? options.MicroBatchSize : Math.Max(1, rollout.Count / options.Minibatches);
        foreach (int[] rows in Enumerable.Range(0, rollout.Count).Chunk(part))
        {
            using var forward = NewDisposeScope();
            CompletionBatch batch = rollout.Batch(rows, device);
            referenceLogProbs.Add(batch.ComputeLogProbs(reference, options.Temperature).LogProbs.MoveToOuterDisposeScope());
            values.Add(batch.ComputeValues(critic).MoveToOuterDisposeScope());
            if (!fullPrecision)
                old.Add(batch.ComputeLogProbs(policy, options.Temperature).LogProbs.MoveToOuterDisposeScope());
        }
        Tensor oldLogProbs = fullPrecision ? rollout.LogProbs(device) : cat(old);
        Tensor referenceAll = cat(referenceLogProbs), valuesAll = cat(values);

        Tensor containsEos = tensor(rollout.ContainsEos, device: device);
        Tensor scores = KlReward.PenalizeMissingEos(
            tensor(rollout.Scores, ScalarType.Float32, device), containsEos, options.MissingEosPenalty, options.MissingEos);
        Tensor kl = Masked.Zeroed(Kl.Estimate(oldLogProbs, referenceAll, options.KlEstimator), mask);
        // A KL penalty in the loss is not part of the reward.
        Tensor rewards = KlReward.PerToken(kl, scores, mask, options.KlPlacement == KlPlacement.Reward ? klCoefficient : 0);
        if (options.WhitenRewards)
            rewards = Masked.Whiten(rewards, mask, shiftMean: false);
        var (unwhitened, returns) = Gae.Estimate(rewards, valuesAll, mask, options.Gamma, options.Lambda);
        Tensor advantages = Masked.Whiten(unwhitened, mask);
        Tensor Out(Tensor x) => x.MoveToOuterDisposeScope();
        return new Experience(Out(mask), Out(oldLogProbs), Out(referenceAll), Out(valuesAll), Out(advantages), Out(returns),
            PpoSummary.Create(oldLogProbs, kl, scores, mask, klCoefficient),
            PpoLoss.ExplainedVariance(valuesAll, returns, mask).item<double>());
    }

    /// <summary>Selects rows of all tensors, a minibatch.</summary>
    /// <param name="index">[rows] int64.</param>
    public Experience Rows(Tensor index) => Select(x => x.index_select(0, index));

    /// <summary>Slices rows <paramref name="start"/> to <paramref name="end"/> − 1, a micro-batch.</summary>
    public Experience Slice(long start, long end) => Select(x => x.slice(0, start, end, 1));

    private Experience Select(Func<Tensor, Tensor> rows) => this with
    {
        Mask = rows(Mask),
        OldLogProbs = rows(OldLogProbs),
        ReferenceLogProbs = rows(ReferenceLogProbs),
        OldValues = rows(OldValues),
        Advantages = rows(Advantages),
        Returns = rows(Returns),
    };
}
