using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Native;
using Rlhf.Training.Numerics;
using Rlhf.Training.Sft;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>
/// The optimization phase of PPO: epochs of minibatches over the completions of one update. Keeps the optimizer state of all updates.
/// </summary>
internal sealed class PpoOptimizer(
    PpoOptions options, CausalLm policy, ScalarModel critic, IReadOnlyList<Sequence>? pretraining) : IDisposable
{
    private readonly AdamW _policyAdam = Adam(policy, options), _criticAdam = Adam(critic, options);
    private readonly PolicyEma? _average = options.EmaDecay > 0 ? new PolicyEma(policy, options.EmaDecay) : null;

    /// <summary>Optimizer steps of the policy so far.</summary>
    public long PolicySteps => _policyAdam.Step;

    /// <summary>Optimizes policy and critic on the completions of one update.</summary>
    /// <param name="rollout">The sampled completions.</param>
    /// <param name="experience">Their log-probabilities, values, advantages and returns.</param>
    /// <param name="update">Index of the update, from 0.</param>
    /// <param name="klCoefficient">β, used if the KL penalty is in the loss.</param>
    /// <param name="rateFactor">Factor of both learning rates.</param>
    /// <exception cref="TrainingDivergedException">A loss or a gradient is not finite.</exception>
    /// <exception cref="InvalidOperationException">The first ratios are not 1, so the experience is not from this policy.</exception>
    public MinibatchMetrics Optimize(Rollout rollout, Experience experience, int update, double klCoefficient, double rateFactor)
    {
        bool learnPolicy = update >= options.CriticWarmupUpdates;
        var metrics = new MinibatchMetrics();
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            // 1. A new order for each epoch, split into minibatches.
            int[] order = new RandomStream(options.Seed, "ppo/shuffle").Permutation(rollout.Count, (uint)update, (uint)epoch);
            foreach (var (minibatch, rows) in Batches.SplitEvenly(order, options.Minibatches).Index())
            {
                // 2. Gradients of policy and critic, and of the pretraining text.
                AddGradients(rollout, experience, rows, klCoefficient, learnPolicy, metrics);
                if (learnPolicy && options.PtxCoefficient > 0)
                    AddPretrainingGradient(rows.Length, update, epoch, minibatch, metrics);

                // 3. Clip each by its own norm, and check.
                metrics.Close(
                    GradientClipping.Clip(_policyAdam.Gradients, options.MaxGradientNorm),
                    GradientClipping.Clip(_criticAdam.Gradients, options.MaxGradientNorm));
                CheckMinibatch(metrics, update);

                // 4. Step.
                if (learnPolicy)
                {
                    _policyAdam.Update(options.LearningRate * rateFactor);
                    _average?.Update();
                }
                _criticAdam.Update(CriticLearningRate * rateFactor);

                // 5. Early stopping: the policy is too far from the one that sampled.
                if (options.StopAtApproxKl > 0 && metrics.LastApproxKl > options.StopAtApproxKl)
                    return metrics;
            }
        }
        return metrics;
    }

    /// <summary>Replaces the policy's weights by their EMA, if emaDecay is not 0.</summary>
    public void Finish() => _average?.Finish();

    public void Dispose()
    {
        _policyAdam.Dispose();
        _criticAdam.Dispose();
        _average?.Dispose();
    }

    private double CriticLearningRate => options.CriticLearningRate > 0 ? options.CriticLearningRate : options.LearningRate;

    /// <summary>
    /// Accumulates the gradients of one minibatch over its micro-batches. Each loss is a sum with the weights of the whole minibatch. The
    /// policy's graph is freed before the critic's is built.
    /// </summary>
    private void AddGradients(
        Rollout rollout, Experience experience, int[] rows, double klCoefficient, bool learnPolicy, MinibatchMetrics metrics)
    {
        using var scope = NewDisposeScope();
        Device device = policy.Device;
        Experience minibatch = experience.Rows(tensor(rows.Select(r => (long)r).ToArray(), device: device));
        TokenWeights all = TokenWeights.Create(minibatch.Mask, options.Aggregation, longest: options.MaxNewTokens);
        int start = 0;
        foreach (int[] part in Batches.MicroBatches(rows, options.MicroBatchSize))
        {
            using var micro = NewDisposeScope();
            CompletionBatch batch = rollout.Batch(part, device);
            TokenWeights weights = all.Rows(start, start + part.Length);
            Experience cut = minibatch.Slice(start, start + part.Length);
            AddPolicyGradient(batch, cut, weights, klCoefficient, learnPolicy, metrics);
            AddCriticGradient(batch, cut, weights, metrics);
            start += part.Length;
        }
    }

    /// <summary>During critic warm-up, the policy's loss is only reported.</summary>
    private void AddPolicyGradient(
        CompletionBatch batch, Experience part, TokenWeights weights, double klCoefficient, bool learn, MinibatchMetrics metrics)
    {
        using var scope = NewDisposeScope();
        using var mode = learn ? enable_grad() : no_grad();
        var (logProbs, entropy) = batch.ComputeLogProbs(policy, options.Temperature);
        PolicyLoss policyLoss = PpoLoss.Policy(logProbs, part.OldLogProbs, part.Advantages, weights, options.ClipRange,
            options.ClipRangeHigh > 0 ? options.ClipRangeHigh : options.ClipRange, options.DualClip > 0 ? options.DualClip : null);
        Tensor? kl = options.KlPlacement == KlPlacement.Loss
            ? (Kl.Estimate(logProbs, part.ReferenceLogProbs, options.KlEstimator) * weights.Loss).sum() * Number(klCoefficient)
            : null;
        if (learn)
        {
            (kl is null ? policyLoss.Loss : policyLoss.Loss.Plus(kl)).backward();
            _policyAdam.Accumulate();
        }
        metrics.AddPolicy(policyLoss, kl, entropy, weights);
    }

    private void AddCriticGradient(CompletionBatch batch, Experience part, TokenWeights weights, MinibatchMetrics metrics)
    {
        using var scope = NewDisposeScope();
        ValueLoss valueLoss = PpoLoss.Value(batch.ComputeValues(critic), part.OldValues, part.Returns, weights, options.ClipRangeValue);
        (valueLoss.Loss * Number(options.ValueCoefficient)).backward();
        _criticAdam.Accumulate();
        metrics.AddCritic(valueLoss);
    }

    /// <summary>
    /// Adds the gradient of the PTX loss (Ouyang et al. 2022, equation 2), on as many sequences as the minibatch has completions.
    /// </summary>
    private void AddPretrainingGradient(int count, int update, int epoch, int minibatch, MinibatchMetrics metrics)
    {
        var stream = new RandomStream(options.Seed, "ppo/ptx");
        int[] rows = [.. Enumerable.Range(0, count).Select(i =>
            stream.Below(pretraining!.Count, (uint)update, (uint)epoch, (uint)minibatch, (uint)i))];
        int targets = rows.Sum(r => pretraining![r].Targets);
        foreach (int[] part in Batches.MicroBatches(rows, options.MicroBatchSize))
        {
            using var scope = NewDisposeScope();
            Tensor share = SftTrainer.LossSum(policy, [.. part.Select(r => pretraining![r])]) / Number(targets);
            (share * Number(options.PtxCoefficient)).backward();
            _policyAdam.Accumulate();
            metrics.AddPretraining(share.item<float>());
        }
    }

    /// <summary>Checks that the critic's values are finite. Otherwise the advantages, and then the policy, would become NaN.</summary>
    public void CheckCritic(Experience experience, int update)
    {
        using var scope = NewDisposeScope();
        if (experience.OldValues.isfinite().all().item<bool>())
            return;
        if (_criticAdam.Step == 0)
            throw new UserError(
                "rewardModel: the critic starts as a copy of the reward model, and its values are not finite before any training; "
                + "the weights are damaged");
        throw Diverged("critic", "a value", update);
    }

    private void CheckMinibatch(MinibatchMetrics metrics, int update)
    {
        if (metrics.LastNotFinite is { } name)
            throw Diverged(name is "loss/value_avg" or "val/gradient_norm" ? "critic" : "policy", name, update);
        double limit = RatioTolerance.Estimate(policy.Dtype, policy.Config, options.Temperature);
        if (metrics.FirstDeviation > limit)
            throw new InvalidOperationException(FormattableString.Invariant(
                $"update {update + 1}: before any step the ratio of new to old probabilities is off 1 by {metrics.FirstDeviation:G3}, ")
                + FormattableString.Invariant($"more than rounding explains ({limit:G3} at {policy.Config.Layers} layers of ")
                + $"{policy.Config.HiddenSize} in {policy.Dtype}): sampler and trainer disagree about the policy's log-probabilities");
    }

    private TrainingDivergedException Diverged(string model, string what, int update)
    {
        bool isCritic = model == "critic";
        return new(DivergenceMessage.Create(model, what, update, (isCritic ? _criticAdam : _policyAdam).Step,
            isCritic && options.CriticLearningRate > 0 ? "criticLearningRate" : "learningRate",
            isCritic ? CriticLearningRate : options.LearningRate));
    }

    private static AdamW Adam(nn.Module model, PpoOptions options) =>
        new(model.parameters(), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
}
