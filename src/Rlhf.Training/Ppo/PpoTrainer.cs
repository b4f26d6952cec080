using System.Diagnostics;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Generation;
using Rlhf.Training.Numerics;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>What PPO came to.</summary>
/// <param name="Updates">Updates done.</param>
/// <param name="Episodes">Completions sampled and learnt from.</param>
/// <param name="KlCoefficient">β at the end.</param>
/// <param name="Last">What was reported of the last update.</param>
/// <param name="Seconds">Time of the training, without the evaluation samples.</param>
public sealed record PpoResult(int Updates, long Episodes, double KlCoefficient, IReadOnlyDictionary<string, double> Last, double Seconds);

/// <summary>
/// Proximal policy optimization of a policy against a reward model (Ziegler et al. 2019; Ouyang et al. 2022; the details as in
/// Huang et al. 2024, "The N+ Implementation Details of RLHF with PPO").
/// </summary>
public sealed class PpoTrainer(PpoOptions options, ITrainingObserver observer)
{
    /// <summary>In fp32 the sampler and the trainer give the same log-probabilities to about 1e-5; beyond this one of them is wrong.</summary>
    private const double LargestFirstDeviation = 1e-4;

    private const int ScoringBatch = 64;

    /// <summary>Trains <paramref name="policy"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="policy">Starts as the reference; on the device and in the number format to train in.</param>
    /// <param name="reward">The reward model: scores gain · raw + bias of its config; also what the critic starts from. Not changed.</param>
    /// <param name="prompts">Token ids of the training prompts. The index of a prompt is the counter of its draws.</param>
    /// <param name="evaluationPrompts">Sampled every so many updates with draws that never change; null = none.</param>
    /// <param name="pretraining">Sequences for the PTX loss, where its coefficient is not 0.</param>
    /// <param name="cancellation">Looked at before each update.</param>
    public PpoResult Train(CausalLm policy, ScalarModel reward, IReadOnlyList<int[]> prompts, IReadOnlyList<int[]>? evaluationPrompts = null,
        IReadOnlyList<Sequence>? pretraining = null, CancellationToken cancellation = default)
    {
        if (prompts.Count == 0)
            throw new UserError("prompts: there are none to sample from");
        int longest = prompts.Concat(evaluationPrompts ?? []).Max(p => p.Length), limit = Math.Min(policy.Config.MaxPositions, reward.Config.MaxPositions);
        if (longest + options.MaxNewTokens > limit)
            throw new UserError($"maxNewTokens: {options.MaxNewTokens} after a prompt of {longest} tokens are more than the {limit} positions of the models; lower it or maxPromptTokens");
        if (options.PtxCoefficient > 0 && pretraining is not { Count: > 0 })
            throw new UserError("ptxCoefficient: it is not 0, but there is no pretraining text");

        // 1. Four models: the policy, its frozen start, the reward model, and a critic that starts as the reward model.
        using CausalLm reference = policy.Clone().Frozen();
        using ScalarModel critic = reward.Clone();
        using AdamW policyAdam = Adam(policy), criticAdam = Adam(critic);
        using PolicyAverage? average = options.EmaDecay > 0 ? new PolicyAverage(policy, options.EmaDecay) : null;
        var controller = new KlController(options.KlCoefficient, options.KlTarget > 0 ? options.KlTarget : null, options.KlHorizon);
        var sampling = new RandomStream(options.Seed, "ppo/sampling");
        var metrics = new Dictionary<string, double>();
        TimeSpan training = TimeSpan.Zero;
        ShowSamples(policy, reward, evaluationPrompts, 0);

        for (int update = 0; update < options.Updates; update++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            metrics = [];
            var clock = Stopwatch.StartNew();

            // 2. Sample a completion of each prompt of the batch.
            Rollout rollout = Rollout.Sample(policy, Requests(prompts, update), options, sampling);
            RecordPhase(metrics, clock, "seconds/sample");

            // 3. Score it.
            rollout = rollout.ScoredBy(reward, ScoringBatch);
            RecordPhase(metrics, clock, "seconds/score");

            // 4. Reference log-probabilities and values, KL rewards, advantages.
            Experience experience = Experience.Create(rollout, policy, reference, critic, controller.Coefficient, options);
            RecordPhase(metrics, clock, "seconds/experience");

            // 5. Several epochs of minibatches.
            double factor = options.LinearDecay ? Schedules.Linear(update, 0, options.Updates) : 1;
            bool learnPolicy = update >= options.CriticWarmupUpdates;
            var minibatches = new MinibatchMetrics();
            int size = (rollout.Count + options.Minibatches - 1) / options.Minibatches;
            bool enough = false;
            for (int epoch = 0; epoch < options.Epochs && !enough; epoch++)
            {
                int[] order = new RandomStream(options.Seed, "ppo/shuffle").Permutation(rollout.Count, (uint)update, (uint)epoch);
                int number = 0;
                foreach (int[] rows in order.Chunk(size))
                {
                    Gradients(policy, critic, rollout, experience, rows, controller.Coefficient, learnPolicy, minibatches);
                    if (learnPolicy && options.PtxCoefficient > 0)
                        PretrainingGradient(policy, pretraining!, rows.Length, update, epoch, number);
                    double policyNorm = GradientClipping.Clip(policy.parameters().Select(p => p.grad), options.MaxGradientNorm);
                    double criticNorm = GradientClipping.Clip(critic.parameters().Select(p => p.grad), options.MaxGradientNorm);
                    minibatches.Close(policyNorm, criticNorm);
                    CheckMinibatch(minibatches, policy.Dtype, update);
                    if (learnPolicy)
                    {
                        policyAdam.Update(options.LearningRate * factor);
                        average?.Update();
                    }
                    criticAdam.Update((options.CriticLearningRate > 0 ? options.CriticLearningRate : options.LearningRate) * factor);
                    number++;

                    // 6. Far enough from the policy that sampled: the rest of the epochs is left out.
                    enough = options.StopAtApproxKl > 0 && minibatches.LastApproxKl > options.StopAtApproxKl;
                    if (enough)
                        break;
                }
            }
            RecordPhase(metrics, clock, "seconds/optimize");
            training += clock.Elapsed;

            // 7. Report, steer β, show samples.
            minibatches.WriteTo(metrics);
            Report(metrics, update, rollout, experience, controller.Coefficient, options.LearningRate * factor, clock.Elapsed, training);
            controller = controller.Update(experience.Summary.Kl, rollout.Count);
            if (update + 1 < options.Updates && options.EvaluateEvery > 0 && (update + 1) % options.EvaluateEvery == 0)
                ShowSamples(policy, reward, evaluationPrompts, update + 1);
        }

        // 8. The result is the average, where one was kept.
        average?.Finish();
        ShowSamples(policy, reward, evaluationPrompts, options.Updates);
        return new PpoResult(options.Updates, (long)options.Updates * options.BatchSize, controller.Coefficient, metrics, training.TotalSeconds);
    }

    /// <summary>The prompts of an update: pass after pass through all of them, each pass in an order of its own.</summary>
    private SampleRequest[] Requests(IReadOnlyList<int[]> prompts, int update)
    {
        var shuffle = new RandomStream(options.Seed, "ppo/prompts");
        var orders = new Dictionary<long, int[]>();
        return [.. Enumerable.Range(0, options.BatchSize).Select(i =>
        {
            long episode = (long)update * options.BatchSize + i, pass = episode / prompts.Count;
            if (!orders.TryGetValue(pass, out int[]? order))
                orders[pass] = order = shuffle.Permutation(prompts.Count, (uint)pass);
            int prompt = order[episode % prompts.Count];
            // The pass tells apart the draws of a prompt that comes twice in one update.
            return new SampleRequest(prompts[prompt], new DrawKey((uint)update, (uint)prompt, (uint)pass));
        })];
    }

    /// <summary>Adds the gradients of one minibatch, cut into micro-batches: every loss is a sum with the weights of the whole minibatch.</summary>
    private void Gradients(CausalLm policy, ScalarModel critic, Rollout rollout, Experience experience, int[] rows, double klCoefficient, bool learnPolicy, MinibatchMetrics metrics)
    {
        using var scope = NewDisposeScope();
        Device device = policy.Device;
        Experience minibatch = experience.Rows(tensor(rows.Select(r => (long)r).ToArray(), device: device));
        TokenWeights all = TokenWeights.Create(minibatch.Mask, options.Aggregation, longest: options.MaxNewTokens);
        int start = 0;
        foreach (int[] part in Batches.Micro(rows, options.MicroBatchSize))
        {
            using var micro = NewDisposeScope();
            int end = start + part.Length;
            Tensor Cut(Tensor x) => x.slice(0, start, end, 1);
            CompletionBatch batch = rollout.Batch(part, device);
            TokenWeights weights = all.Rows(start, end);

            // The policy; while the critic warms up its loss is only reported.
            using var mode = learnPolicy ? enable_grad() : no_grad();
            var (logProbs, entropy) = batch.LogProbsOf(policy, options.Temperature);
            PolicyLoss policyLoss = PpoLoss.Policy(logProbs, Cut(minibatch.OldLogProbs), Cut(minibatch.Advantages), weights, options.ClipRange,
                options.ClipRangeHigh > 0 ? options.ClipRangeHigh : options.ClipRange, options.DualClip > 0 ? options.DualClip : null);
            Tensor loss = policyLoss.Loss;
            if (options.KlPlacement == KlPlacement.Loss)
                loss = loss + klCoefficient * (Kl.Estimate(logProbs, Cut(minibatch.ReferenceLogProbs), options.KlEstimator) * weights.Loss).sum();
            if (learnPolicy)
                loss.backward();

            // The critic.
            using var gradient = enable_grad();
            ValueLoss valueLoss = PpoLoss.Value(batch.ValuesOf(critic), Cut(minibatch.OldValues), Cut(minibatch.Returns), weights, options.ClipRangeValue);
            (valueLoss.Loss * options.ValueCoefficient).backward();
            metrics.Add(policyLoss, valueLoss, entropy, weights);
            start = end;
        }
    }

    /// <summary>Adds the gradient of PTX (Ouyang et al. 2022, equation 2) on as many sequences as the minibatch has completions.</summary>
    private void PretrainingGradient(CausalLm policy, IReadOnlyList<Sequence> pretraining, int count, int update, int epoch, int minibatch)
    {
        using var scope = NewDisposeScope();
        var stream = new RandomStream(options.Seed, "ppo/ptx");
        Sequence[] rows = [.. Enumerable.Range(0, count).Select(i => pretraining[stream.Below(pretraining.Count, (uint)update, (uint)epoch, (uint)minibatch, (uint)i)])];
        (SftTrainer.LossSum(policy, rows) * (options.PtxCoefficient / rows.Sum(r => r.Targets))).backward();
    }

    private void CheckMinibatch(MinibatchMetrics minibatches, ScalarType dtype, int update)
    {
        if (!minibatches.LastIsFinite)
            throw new UserError($"PPO diverged in update {update + 1}: a loss or gradient is not a number any more; a smaller learningRate ({options.LearningRate}) or a larger klCoefficient ({options.KlCoefficient}) may help");
        if (dtype is ScalarType.Float32 or ScalarType.Float64 && minibatches.FirstDeviation > LargestFirstDeviation)
            throw new InvalidOperationException($"update {update + 1}: before any step the ratio of new to old probabilities is off 1 by {minibatches.FirstDeviation:G3}: sampler and trainer disagree about the policy's log-probabilities");
    }

    private void Report(Dictionary<string, double> metrics, int update, Rollout rollout, Experience experience, double klCoefficient, double rate, TimeSpan elapsed, TimeSpan training)
    {
        PpoSummary summary = experience.Summary;
        metrics["objective/kl"] = summary.Kl;
        metrics["objective/scores"] = summary.Scores;
        metrics["objective/rlhf_reward"] = summary.RlhfReward;
        metrics["objective/non_score_reward"] = summary.NonScoreReward;
        metrics["objective/entropy"] = summary.Entropy;
        metrics["val/num_eos_tokens"] = rollout.ContainsEos.Count(e => e);
        metrics["val/explained_variance"] = experience.ExplainedVariance;
        metrics["completion_tokens"] = rollout.Completions.Average(c => c.Length);
        metrics["beta"] = klCoefficient;
        metrics["lr"] = rate;
        metrics["episode"] = (update + 1.0) * rollout.Count;
        metrics["seconds/update"] = elapsed.TotalSeconds;
        metrics["tokens/s"] = rollout.Tokens / elapsed.TotalSeconds;
        observer.Metrics(update + 1, metrics);
        observer.Progress(new TrainingProgress("ppo", update + 1, options.Updates, rollout.Tokens * (update + 1) / training.TotalSeconds));
    }

    /// <summary>Completions of the evaluation prompts, with draws that depend on the prompt alone.</summary>
    private void ShowSamples(CausalLm policy, ScalarModel reward, IReadOnlyList<int[]>? prompts, int update)
    {
        if (prompts is not { Count: > 0 })
            return;
        SampleRequest[] requests = [.. prompts.Take(options.EvaluationPrompts).Select((p, i) => new SampleRequest(p, new DrawKey(0, (uint)i, 0)))];
        if (requests.Length == 0)
            return;
        Rollout rollout = Rollout.Sample(policy, requests, options, new RandomStream(options.Seed, "ppo/evaluation")).ScoredBy(reward, ScoringBatch);
        observer.Samples(update, [.. Enumerable.Range(0, rollout.Count).Select(i => new TextSample(i, rollout.Prompts[i], rollout.Completions[i], rollout.Scores[i]))]);
    }

    private AdamW Adam(nn.Module model) => new(model.named_parameters().Select(p => (p.name, p.parameter)), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);

    private static void RecordPhase(Dictionary<string, double> metrics, Stopwatch clock, string name) => metrics[name] = clock.Elapsed.TotalSeconds - metrics.Values.Sum();
}
