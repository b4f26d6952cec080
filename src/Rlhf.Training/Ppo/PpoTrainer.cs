using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Generation;
using Rlhf.Training.Numerics;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>The result of PPO.</summary>
/// <param name="Updates">The number of updates.</param>
/// <param name="Episodes">The number of completions trained on.</param>
/// <param name="KlCoefficient">The final β.</param>
/// <param name="Last">The metrics of the last update.</param>
/// <param name="Seconds">Total time of the updates, without the evaluation samples.</param>
public sealed record PpoResult(int Updates, long Episodes, double KlCoefficient, IReadOnlyDictionary<string, double> Last, double Seconds);

/// <summary>
/// Proximal policy optimization of a policy against a reward model (Ziegler et al. 2019; Ouyang et al. 2022), with the details of
/// Huang et al. 2024, "The N+ Implementation Details of RLHF with PPO".
/// </summary>
public sealed class PpoTrainer(PpoOptions options, ITrainingObserver observer)
{
    private const int ScoringBatch = 64;

    /// <summary>Trains <paramref name="policy"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="policy">
    /// The policy, whose initial weights are also the reference; on the device and in the number format for training.
    /// </param>
    /// <param name="reward">
    /// The reward model, with score = gain · raw score + bias of its config. The critic starts as a copy of it. Not changed.
    /// </param>
    /// <param name="prompts">Token ids of the training prompts. The random numbers of a prompt depend on its index.</param>
    /// <param name="evaluationPrompts">
    /// Prompts sampled every evaluateEvery updates, always with the same random numbers; null = none.
    /// </param>
    /// <param name="pretraining">Sequences for the PTX loss; required if ptxCoefficient is not 0.</param>
    /// <param name="cancellation">Checked before each update.</param>
    /// <exception cref="UserError">Options, prompts and models do not fit together.</exception>
    /// <exception cref="TrainingDivergedException">A loss, a gradient or an output of the policy or critic is not finite.</exception>
    public PpoResult Train(
        CausalLm policy, ScalarModel reward, IReadOnlyList<int[]> prompts, IReadOnlyList<int[]>? evaluationPrompts = null,
        IReadOnlyList<Sequence>? pretraining = null, CancellationToken cancellation = default)
    {
        CheckInput(policy, reward, prompts, evaluationPrompts, pretraining);

        // 1. Four models: the policy, a frozen copy as the reference, the reward model, and a copy of it as the critic.
        using CausalLm reference = policy.Clone().Freeze();
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

            // 2. Sample one completion per prompt of the batch.
            Rollout rollout = Sample(policy, Requests(prompts, update), "ppo/sampling", update, optimizer.PolicySteps);
            timer.End("sample");

            // 3. Score the completions.
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

            // 6. Report metrics, adapt β, sample the evaluation prompts.
            progress.Report(update, rollout, experience, minibatches, controller.Coefficient, options.LearningRate * factor, timer);
            controller = controller.Update(experience.Summary.Kl, rollout.Count);
            if (update + 1 < options.Updates && options.EvaluateEvery > 0 && (update + 1) % options.EvaluateEvery == 0)
                ShowSamples(policy, reward, evaluationPrompts, update + 1, optimizer.PolicySteps);
        }

        // 7. With emaDecay, the result is the EMA of the weights.
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
            throw new UserError("prompts: the list is empty; PPO needs at least one prompt");
        foreach (int[] prompt in prompts.Concat(evaluationPrompts ?? []))
        {
            if (prompt.Length == 0)
                throw new UserError("prompts: a prompt has no tokens; a prompt needs at least one, for example the model's BOS");
            TokenRows.CheckVocabulary(prompt, policy.Config);
        }
        int longest = prompts.Concat(evaluationPrompts ?? []).Max(p => p.Length);
        int limit = Math.Min(policy.Config.MaxPositions, reward.Config.MaxPositions);
        if (longest + options.MaxNewTokens > limit)
            throw new UserError($"maxNewTokens: {options.MaxNewTokens} after a prompt of {longest} tokens are more than the "
                + $"{limit} positions of the models; lower it or maxPromptTokens");
        if (options.PtxCoefficient > 0 && pretraining is not { Count: > 0 })
            throw new UserError("ptxCoefficient: it is not 0, but there is no pretraining text; set it to 0 or give ptxText");
    }

    /// <summary>The prompts of an update: consecutive passes over all prompts, each pass in a new random order.</summary>
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
            // The pass is part of the key, so that a prompt that occurs twice in one update gets different random numbers.
            return new SampleRequest(prompts[prompt], new DrawKey((uint)update, (uint)prompt, (uint)pass));
        })];
    }

    /// <summary>
    /// Prompts and options were checked before, so an error of the sampler after the first step means that training diverged.
    /// </summary>
    private Rollout Sample(CausalLm policy, SampleRequest[] requests, string stream, int update, long steps)
    {
        try
        {
            return Rollout.Sample(policy, requests, options, new RandomStream(options.Seed, stream));
        }
        catch (UserError) when (steps > 0)
        {
            throw new TrainingDivergedException(
                DivergenceMessage.Create("policy", "a logit", update, steps, "learningRate", options.LearningRate));
        }
    }

    /// <summary>Samples the evaluation prompts, with random numbers that depend only on the prompt's index.</summary>
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
