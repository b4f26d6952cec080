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
/// <param name="Seconds">Time of the updates, without the evaluation samples.</param>
public sealed record PpoResult(int Updates, long Episodes, double KlCoefficient, IReadOnlyDictionary<string, double> Last, double Seconds);

/// <summary>
/// Proximal policy optimization of a policy against a reward model (Ziegler et al. 2019; Ouyang et al. 2022; the details as in
/// Huang et al. 2024, "The N+ Implementation Details of RLHF with PPO").
/// </summary>
public sealed class PpoTrainer(PpoOptions options, ITrainingObserver observer)
{
    private const int ScoringBatch = 64;

    /// <summary>Trains <paramref name="policy"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="policy">Starts as the reference; on the device and in the number format to train in.</param>
    /// <param name="reward">
    /// The reward model: scores gain · raw + bias of its config; also what the critic starts from. Not changed.
    /// </param>
    /// <param name="prompts">Token ids of the training prompts. The index of a prompt is the counter of its draws.</param>
    /// <param name="evaluationPrompts">Sampled every so many updates with draws that never change; null = none.</param>
    /// <param name="pretraining">Sequences for the PTX loss, where its coefficient is not 0.</param>
    /// <param name="cancellation">Looked at before each update.</param>
    /// <exception cref="UserError">Options, prompts or models that do not fit together.</exception>
    /// <exception cref="TrainingDivergedException">A loss, a gradient or an output of the policy or critic is not finite.</exception>
    public PpoResult Train(
        CausalLm policy, ScalarModel reward, IReadOnlyList<int[]> prompts, IReadOnlyList<int[]>? evaluationPrompts = null,
        IReadOnlyList<Sequence>? pretraining = null, CancellationToken cancellation = default)
    {
        CheckInput(policy, reward, prompts, evaluationPrompts, pretraining);

        // 1. Four models: the policy, its frozen start, the reward model, and a critic that starts as the reward model.
        using CausalLm reference = policy.Clone().Frozen();
        using ScalarModel critic = reward.Clone();
        using var optimizer = new PpoOptimizer(options, policy, critic, pretraining);
        var controller = new KlController(options.KlCoefficient, options.KlTarget > 0 ? options.KlTarget : null, options.KlHorizon);
        var progress = new PpoProgress(options, observer);
        ShowSamples(policy, reward, evaluationPrompts, 0, steps: 0);

        for (int update = 0; update < options.Updates; update++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var timer = new PhaseTimer();

            // 2. Sample a completion of each prompt of the batch.
            Rollout rollout = Sample(policy, Requests(prompts, update), "ppo/sampling", update, optimizer.PolicySteps);
            timer.End("sample");

            // 3. Score it.
            rollout = rollout.ScoredBy(reward, ScoringBatch);
            timer.End("score");

            // 4. Reference log-probabilities and values, KL rewards, advantages.
            Experience experience = Experience.Create(rollout, policy, reference, critic, controller.Coefficient, options);
            optimizer.CheckCritic(experience, update);
            timer.End("experience");

            // 5. Several epochs of minibatches.
            double factor = options.LinearDecay ? Schedules.Linear(update, 0, options.Updates) : 1;
            MinibatchMetrics minibatches = optimizer.Optimize(rollout, experience, update, controller.Coefficient, factor);
            timer.End("optimize");

            // 6. Report, steer β, show samples.
            progress.Report(update, rollout, experience, minibatches, controller.Coefficient, options.LearningRate * factor, timer);
            controller = controller.Update(experience.Summary.Kl, rollout.Count);
            if (update + 1 < options.Updates && options.EvaluateEvery > 0 && (update + 1) % options.EvaluateEvery == 0)
                ShowSamples(policy, reward, evaluationPrompts, update + 1, optimizer.PolicySteps);
        }

        // 7. The result is the average, where one was kept.
        optimizer.Finish();
        ShowSamples(policy, reward, evaluationPrompts, options.Updates, optimizer.PolicySteps);
        return new PpoResult(
            options.Updates, (long)options.Updates * options.BatchSize, controller.Coefficient, progress.Last, progress.Seconds);
    }

    private void CheckInput(
        CausalLm policy, ScalarModel reward, IReadOnlyList<int[]> prompts, IReadOnlyList<int[]>? evaluationPrompts,
        IReadOnlyList<Sequence>? pretraining)
    {
        if (options.FindConflict() is { } conflict)
            throw new UserError($"ppo: {conflict}");
        if (prompts.Count == 0)
            throw new UserError("prompts: there are none to sample from");
        foreach (int[] prompt in prompts.Concat(evaluationPrompts ?? []))
        {
            if (prompt.Length == 0)
                throw new UserError("prompts: one of them has no token; a prompt has at least the model's BOS");
            TokenRows.CheckVocabulary(prompt, policy.Config);
        }
        int longest = prompts.Concat(evaluationPrompts ?? []).Max(p => p.Length);
        int limit = Math.Min(policy.Config.MaxPositions, reward.Config.MaxPositions);
        if (longest + options.MaxNewTokens > limit)
            throw new UserError($"maxNewTokens: {options.MaxNewTokens} after a prompt of {longest} tokens are more than the "
                + $"{limit} positions of the models; lower it or maxPromptTokens");
        if (options.PtxCoefficient > 0 && pretraining is not { Count: > 0 })
            throw new UserError("ptxCoefficient: it is not 0, but there is no pretraining text");
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

    /// <summary>Prompts and options are known to be good: what the sampler refuses after a step was broken by the training.</summary>
    private Rollout Sample(CausalLm policy, SampleRequest[] requests, string stream, int update, long steps)
    {
        try
        {
            return Rollout.Sample(policy, requests, options, new RandomStream(options.Seed, stream));
        }
        catch (UserError) when (steps > 0)
        {
            throw new TrainingDivergedException(
                Divergence.Message("policy", "a logit", update, steps, "learningRate", options.LearningRate));
        }
    }

    /// <summary>Completions of the evaluation prompts, with draws that depend on the prompt alone.</summary>
    private void ShowSamples(CausalLm policy, ScalarModel reward, IReadOnlyList<int[]>? prompts, int update, long steps)
    {
        if (prompts is not { Count: > 0 })
            return;
        SampleRequest[] requests =
            [.. prompts.Take(options.EvaluationPrompts).Select((p, i) => new SampleRequest(p, new DrawKey(0, (uint)i, 0)))];
        if (requests.Length == 0)
            return;
        Rollout rollout = Sample(policy, requests, "ppo/evaluation", update, steps).ScoredBy(reward, ScoringBatch);
        observer.Samples(update, [.. Enumerable.Range(0, rollout.Count).Select(i =>
            new TextSample(i, rollout.Prompts[i], rollout.Completions[i], rollout.Scores[i]))]);
    }
}
