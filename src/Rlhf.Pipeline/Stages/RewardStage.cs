using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage.Entities;
using Rlhf.Training;
using Rlhf.Training.Reward;
using Rlhf.Training.Sft;

namespace Rlhf.Pipeline.Stages;

/// <summary>What the reward stage says at its end.</summary>
/// <param name="HeldOut">Measured on held-out prompts; null where none of their pairs has an order.</param>
public sealed record RewardStageResult(RewardReport? HeldOut, int TrainRankings, int HeldOutRankings, double Gain, double Bias, RewardTraining Training);

/// <summary>The training in numbers (ppo.md 25); margins and lengths are of held-out pairs, better less worse.</summary>
public sealed record RewardTraining(
    int Steps, long Tokens, double TokensPerSecond, double TrainingLoss, double? TrainingAccuracy,
    double? HeldOutLoss, double? MeanMargin, double? MeanLengthDifference, IReadOnlyDictionary<double, double> AccuracyByStrength)
{
    public static RewardTraining FromResult(RewardResult result) => new(
        result.Steps, result.Tokens, result.TokensPerSecond, result.TrainingLoss, result.TrainingAccuracy,
        result.Evaluation?.Loss, result.Evaluation?.MeanMargin, result.Evaluation?.MeanLengthDifference,
        result.Evaluation?.AccuracyByStrength ?? new Dictionary<double, double>());
}

/// <summary>Trains a reward model on rankings and measures it on prompts that it has not seen.</summary>
public static class RewardStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<RewardOptions>(
        RunKinds.Reward, "Trains a reward model on rankings.",
        plan: (_, inputs, folder) => [PlannedInputs.Policy(RunKinds.Reward, inputs), PlannedInputs.Rankings(RunKinds.Reward, folder, inputs)],
        execute: Run,
        take: (inputs, options) => inputs with
        {
            Policy = StageInputs.Given(options.Model) ?? inputs.Policy,
            Rankings = StageInputs.Given(options.Rankings) ?? inputs.Rankings,
        },
        give: (inputs, run) => inputs with { RewardModel = run.ModelFolder }) with
    { Checkpoint = CheckpointKind.Reward };

    private const int SampleBatch = 64;

    public static RewardStageResult Run(AttemptFolder folder, RewardOptions options, LineObserver observer)
    {
        string start = folder.Run.Input(InputNames.Policy);
        using var policy = LoadedPolicy.Load(start, options);
        var lines = RunJson.ReadLines<RankingLine>(folder.Run.RankingsFile).ToList();
        var rankings = lines.Select((line, i) => Tokenize(line, policy, $"{folder.Run.RankingsFile} line {i + 1}")).ToList();
        var train = Where(lines, rankings, heldOut: false);
        var heldOut = Where(lines, rankings, heldOut: true);

        // 1. Train a new head on the policy's trunk.
        using var model = ScalarModel.FromCausalLm(policy.Model, new RandomStream(options.Seed, "reward head"));
        var result = new RewardTrainer(options, observer).Train(model, train, heldOut);

        // 2. Measure it on the held-out pairs.
        var report = Measure(model, [.. lines.Where(l => l.HeldOut)], heldOut, options);

        // 3. Bring the scores of the policy's own samples to mean 0 and variance 1 (ppo.md 24): gain and bias go into config.json.
        if (options.NormalizationSamples > 0)
        {
            var (gain, bias) = RewardScoring.Normalization(RewardScoring.Raw(model, PolicySamples(lines, train, model, policy, options, observer)));
            model.Config = model.Config with { RewardGain = gain, RewardBias = bias };
        }
        ModelFolder.Save(model, folder.ModelFolder, tokenizerFrom: start);
        return new RewardStageResult(report, train.Count, heldOut.Count, model.Config.RewardGain, model.Config.RewardBias, RewardTraining.FromResult(result));
    }

    private static TokenizedRanking Tokenize(RankingLine line, LoadedPolicy policy, string place)
    {
        int[] prompt = policy.Tokenizer.Prompt(line.Prompt);
        if (line.Ids is { } ids)
            policy.Tokenizer.CheckSampledIds(prompt, ids, line.Completions, place);
        return new TokenizedRanking(
            prompt, line.Ids ?? [.. line.Completions.Select(text => policy.Tokenizer.Completion(text))], line.Ranks, line.Strength);
    }

    private static List<TokenizedRanking> Where(List<RankingLine> lines, List<TokenizedRanking> rankings, bool heldOut) =>
        [.. rankings.Where((_, i) => lines[i].HeldOut == heldOut)];

    /// <summary>The raw scores order the pairs; gain and bias change neither the order nor what σ(Δ) was trained to be.</summary>
    private static RewardReport? Measure(ScalarModel model, IReadOnlyList<RankingLine> lines, IReadOnlyList<TokenizedRanking> rankings, RewardOptions options)
    {
        double[] scores = RewardScoring.Raw(model, [.. rankings.SelectMany(r => r.Completions.Select(c => Fit(r.Prompt, c, model, options)))]);
        int next = 0;
        var scored = lines.Zip(rankings, (line, ranking) => new ScoredRanking(
            line.Prompt, ranking.Ranks, scores[next..(next += ranking.Completions.Count)], [.. ranking.Completions.Select(c => c.Length)], line.Gold)).ToList();
        return RewardMeasure.Measure(scored, new RandomStream(options.Seed, "reward/bootstrap"));
    }

    /// <summary>Samples of the policy on training prompts: the candidates, where the rankings are of its own completions; else new ones.</summary>
    private static IReadOnlyList<int[]> PolicySamples(
        List<RankingLine> lines, List<TokenizedRanking> train, ScalarModel model, LoadedPolicy policy, RewardOptions options, LineObserver observer)
    {
        var candidates = train.SelectMany(r => r.Completions.Select(c => Fit(r.Prompt, c, model, options)));
        if (lines.TrueForAll(l => l.Ids is not null))
            return [.. candidates.Take(options.NormalizationSamples)];
        var sampling = new SamplingOptions();
        int room = policy.Model.Config.MaxPositions - sampling.MaxNewTokens;
        string[] prompts = [.. lines.Where(l => !l.HeldOut).Select(l => l.Prompt).Distinct(StringComparer.Ordinal).Take(options.NormalizationSamples)];
        var requests = PolicySampling.Requests(policy.Tokenizer, prompts, perPrompt: 1, Math.Max(1, room));
        var completions = PolicySampling.Sample(
            policy, requests, sampling, new RandomStream(options.Seed, "reward/normalization"), SampleBatch, "sampling for the normalization", observer);
        return [.. requests.Zip(completions, (r, c) => (int[])[.. r.PromptIds, .. c.Ids])];
    }

    private static int[] Fit(int[] prompt, int[] completion, ScalarModel model, RewardOptions options)
    {
        int positions = model.Config.MaxPositions;
        var (before, after) = Sequences.Fit(prompt, completion, options.MaxLength > 0 ? Math.Min(options.MaxLength, positions) : positions, model.Config.BosId);
        return [.. before, .. after];
    }
}
