using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Simulation;
using Rlhf.Statistics.Comparison;
using Rlhf.Statistics.Intervals;
using Rlhf.Statistics.Text;
using Rlhf.Training;
using Rlhf.Training.Reward;

namespace Rlhf.Pipeline.Stages;

/// <summary>Compares a trained policy with the one it started from: the same held-out prompts, the same draws.</summary>
public static class EvaluateStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<EvaluateOptions>(
        RunKinds.Evaluate, "Compares a trained policy with the one it started from, on held-out prompts.",
        plan: (options, inputs, folder) =>
        [
            PlannedInputs.Policy(inputs with { Policy = inputs.StartPolicy ?? inputs.Policy }),
            PlannedInputs.TrainedPolicy(inputs),
            .. inputs.RewardModel is { } reward ? [PlannedInputs.Checkpoint(InputNames.RewardModel, reward)] : Array.Empty<RunInput>(),
            PlannedInputs.Prompts(folder, inputs, set => PlannedInputs.HeldOut(set, options.HeldOutPrompts)),
        ],
        execute: Run,
        take: (inputs, options) => inputs with
        {
            StartPolicy = StageInputs.Given(options.Model) ?? inputs.StartPolicy,
            TrainedPolicy = StageInputs.Given(options.Policy) ?? inputs.TrainedPolicy,
            RewardModel = StageInputs.Given(options.RewardModel) ?? inputs.RewardModel,
            Prompts = options.Prompts is { } prompts ? (prompts, options.Seed) : inputs.Prompts,
            GoldReward = options.GoldReward switch { "" => inputs.GoldReward, "none" => null, var name => name },
        });

    private const int DistinctN = 2;

    public static EvaluationReport Run(AttemptFolder folder, EvaluateOptions options, LineObserver observer)
    {
        var prompts = RunJson.ReadLines<PromptLine>(folder.Run.PromptsFile).Select(p => p.Prompt).ToList();
        CheckReaders(folder.Run, prompts, options);
        // d = log π − log π_start summed over a completion's tokens, sampled from π: its mean is the KL.
        double temperature = TokenDraw.IsGreedy(options.Sampling) ? 1 : options.Sampling.Temperature;
        double[] LogProbabilities(LoadedPolicy policy, SampledTexts texts) => CompletionScoring.LogProbabilities(
            policy, texts.Requests, texts.Completions, temperature, options.BatchSize, "measuring the KL", observer);

        // 1. The trained policy: its completions, and how probable they are to it. One model is loaded at a time.
        SampledTexts after;
        double[] afterUnderTrained;
        IReadOnlyList<string> warnings;
        using (var trained = LoadedPolicy.Load(folder.Run.Input(InputNames.TrainedPolicy), options))
        {
            after = Sample(trained, prompts, options, "sampling the trained policy", observer);
            afterUnderTrained = LogProbabilities(trained, after);
            warnings = trained.Warnings;
        }

        // 2. The policy it started from: its completions of the same prompts with the same draws, and how probable the others are to it.
        SampledTexts before;
        double[] kl;
        using (var start = LoadedPolicy.Load(folder.Run.Input(InputNames.Policy), options))
        {
            before = Sample(start, prompts, options, "sampling the starting policy", observer);
            kl = [.. afterUnderTrained.Zip(LogProbabilities(start, after), (p, q) => p - q)];
            warnings = [.. start.Warnings.Union(warnings, StringComparer.Ordinal)];
        }

        // 3. Judge both: by the gold reward, by the reward model.
        var gold = folder.Run.Read().GoldReward is { } name ? GoldRewards.Get(name) : null;
        var goldBefore = before.Gold(gold);
        var goldAfter = after.Gold(gold);
        var (rewardBefore, rewardAfter) = RewardScores(folder, options, before, after, observer);

        // 4. Write the pairs, from which anyone can recompute the win rate.
        RunJson.WriteLines(folder.EvaluationFile, before.Texts.Select((text, i) =>
            new EvaluationLine(before.Prompts[i], text, after.Texts[i], goldBefore?[i], goldAfter?[i])));

        var stream = new RandomStream(options.Seed, "evaluate/bootstrap");
        var winRate = goldBefore is null ? null : RewardMeasure.ToEstimate(WinRate.ByPrompt(
            ByPrompt([.. goldAfter!.Zip(goldBefore, WinRate.Outcome)], options.PerPrompt), stream, options.Resamples));
        return new EvaluationReport(
            gold?.Name, winRate,
            RewardMeasure.ToEstimate(ClusteredBootstrap.MeanInterval(ByPrompt(kl, options.PerPrompt), stream, options.Resamples)),
            goldBefore?.Average(), goldAfter?.Average(), rewardBefore?.Average(), rewardAfter?.Average(),
            Diversity.DistinctN(before.Texts, DistinctN) ?? 0, Diversity.DistinctN(after.Texts, DistinctN) ?? 0,
            Diversity.DistinctShare(before.Texts) ?? 0, Diversity.DistinctShare(after.Texts) ?? 0,
            before.Lengths(), after.Lengths(), prompts.Count, after.Texts.Count,
            [.. Enumerable.Range(0, Math.Min(options.ReportSamples, prompts.Count)).Select(p => p * options.PerPrompt)
                .Select(i => new SampleRow(
                    before.Prompts[i], before.Texts[i], after.Texts[i],
                    goldBefore?[i] ?? double.NaN, goldAfter?[i] ?? double.NaN, rewardBefore?[i], rewardAfter?[i]))])
        { Warnings = warnings };
    }

    /// <summary>
    /// Both policies and the reward model read each other's completions: they must have the same tokenizer, and enough positions.
    /// Read from their tokenizers and configs, before any weights are loaded.
    /// </summary>
    private static void CheckReaders(RunFolder run, List<string> prompts, EvaluateOptions options)
    {
        string start = run.Input(InputNames.Policy), trained = run.Input(InputNames.TrainedPolicy);
        string? rewardModel = run.TryInput(InputNames.RewardModel);
        var tokenizer = Tokenizer.Load(start);
        TokenizerCompatibility.Require(tokenizer, "the policy", trained, "the trained policy");
        if (rewardModel is not null)
            TokenizerCompatibility.Require(tokenizer, "the policy", rewardModel, "the reward model");

        ModelConfig config = ModelConfig.Load(start), trainedConfig = ModelConfig.Load(trained);
        var requests = PolicySampling.Requests(new ModelTokenizer(tokenizer, config), prompts, perPrompt: 1, options.MaxPromptTokens);
        PolicySampling.RequireReadable(
            requests, options.Sampling, trainedConfig.MaxPositions, start, "the policy that training started from");
        if (rewardModel is not null)
        {
            int longest = Math.Max(config.MaxPositions, trainedConfig.MaxPositions);
            PolicySampling.RequireReadable(requests, options.Sampling, longest, rewardModel, "the reward model");
        }
    }

    private static SampledTexts Sample(
        LoadedPolicy policy, List<string> prompts, EvaluateOptions options, string phase, LineObserver observer)
    {
        var requests = PolicySampling.Requests(policy.Tokenizer, prompts, options.PerPrompt, options.MaxPromptTokens);
        var completions = PolicySampling.Sample(policy, requests, options.Sampling, new RandomStream(options.Seed, "evaluate"),
            options.BatchSize, phase, observer);
        return new SampledTexts(
            [.. prompts.SelectMany(p => Enumerable.Repeat(p, options.PerPrompt))], requests, completions,
            [.. requests.Zip(completions, (r, c) => policy.Tokenizer.DecodeCompletion(r.PromptIds, c.Ids))]);
    }

    private static (double[]? Before, double[]? After) RewardScores(
        AttemptFolder folder, EvaluateOptions options, SampledTexts before, SampledTexts after, LineObserver observer)
    {
        if (folder.Run.TryInput(InputNames.RewardModel) is not { } path)
            return (null, null);
        var (device, dtype) = LoadedPolicy.Prepare(options);
        using var model = ModelFolder.LoadScalarModel(path, device, dtype);
        observer.Progress(new TrainingProgress("scoring with the reward model", 0, 1, 0));
        double[] Of(SampledTexts texts) => RewardScoring.Normalized(model, texts.Rows(), options.BatchSize);
        return (Of(before), Of(after));
    }

    private static IReadOnlyList<double>[] ByPrompt(double[] values, int perPrompt) => [.. values.Chunk(perPrompt)];

    /// <summary>The completions of one policy, a row each.</summary>
    private sealed record SampledTexts(
        IReadOnlyList<string> Prompts, IReadOnlyList<SampleRequest> Requests, IReadOnlyList<SampledCompletion> Completions,
        IReadOnlyList<string> Texts)
    {
        public double[]? Gold(IGoldReward? gold) => gold is null ? null : [.. Prompts.Zip(Texts, gold.Score)];

        public IReadOnlyList<int[]> Rows() => [.. Requests.Zip(Completions, (r, c) => (int[])[.. r.PromptIds, .. c.Ids])];

        public LengthSummary Lengths()
        {
            int[] sorted = [.. Completions.Select(c => c.Ids.Length).Order()];
            return new LengthSummary(sorted.Average(), sorted[sorted.Length / 10], sorted[sorted.Length * 9 / 10],
                Completions.Average(c => c.Finish == FinishReason.Length ? 0.0 : 1.0));
        }
    }
}
