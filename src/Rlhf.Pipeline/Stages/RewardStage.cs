using Rlhf.Core;
using Rlhf.Core.Content;
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

namespace Rlhf.Pipeline.Stages;

/// <summary>What the reward stage says at its end.</summary>
/// <param name="HeldOut">Measured on held-out prompts; null where none of their pairs has an order.</param>
public sealed record RewardStageResult(
    RewardReport? HeldOut, int TrainRankings, int HeldOutRankings, double Gain, double Bias, RewardTraining Training)
{
    /// <summary>The pairs of the training rankings, and those that were left out.</summary>
    public PairCounts? TrainingPairs { get; init; }

    /// <summary>The same of the held-out rankings.</summary>
    public PairCounts? HeldOutPairs { get; init; }

    /// <summary>Reasons to doubt the model; empty without any.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>The training in numbers; margins and lengths are of held-out pairs, better less worse.</summary>
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
        plan: (options, inputs, folder) =>
        [
            PlannedInputs.Policy(inputs),
            .. StageInputs.Given(options.RewardModel) is { } existing
                ? [PlannedInputs.Checkpoint(InputNames.RewardModel, existing)]
                : Array.Empty<RunInput>(),
            PlannedInputs.Rankings(folder, inputs),
        ],
        execute: Run,
        take: (inputs, options) => inputs with
        {
            Policy = StageInputs.Given(options.Model) ?? inputs.Policy,
            Rankings = StageInputs.Given(options.Rankings) ?? inputs.Rankings,
            CollectedBy = options.Rankings.Length > 0 ? null : inputs.CollectedBy,
        },
        give: (inputs, run) => inputs with { RewardModel = run.ModelFolder }) with
    { Checkpoint = CheckpointKind.Reward, TrainsOnRankings = true };

    public static RewardStageResult Run(AttemptFolder folder, RewardOptions options, LineObserver observer)
    {
        string start = folder.Run.Input(InputNames.Policy);
        var (device, dtype) = LoadedPolicy.Prepare(options);
        var rankings = new List<TokenizedRanking>();
        List<RankingLine> lines;
        IReadOnlyList<int[]> normalization;
        ScalarModel model;
        IReadOnlyList<string> warnings;
        int length;

        // 1. All that the policy is needed for: ids, samples, the trunk. It is gone before the training begins.
        using (var policy = LoadedPolicy.Load(start, options))
        {
            warnings = policy.Warnings;
            var config = policy.Model.Config;
            if (folder.Run.TryInput(InputNames.RewardModel) is { } existing)
            {
                policy.RequireSameTokenizer(existing, "the reward model");
                config = ModelConfig.Load(existing);
            }
            length = RewardTrainer.EffectiveMaxLength(options, config);
            lines = ReadLines(folder.Run, options, policy, rankings);
            if (lines.TrueForAll(line => line.HeldOut))
                throw new UserError($"rankings: all {lines.Count} are held out; nothing to train on");
            int positions = Math.Min(policy.Model.Config.MaxPositions, config.MaxPositions);
            normalization = RewardNormalization.Texts(lines, rankings, policy, positions, options, observer);
            model = folder.Run.TryInput(InputNames.RewardModel) is { } folderOfReward
                ? ModelFolder.LoadScalarModel(folderOfReward, device, dtype, policy.Tokenizer.Tokenizer)
                : ScalarModel.FromCausalLm(policy.Model, new RandomStream(options.Seed, "reward head"));
        }

        using (model)
        {
            // 2. Train.
            var heldOutLines = lines.FindAll(l => l.HeldOut);
            var heldOut = rankings.Where((_, i) => lines[i].HeldOut).ToList();
            var training = rankings.Where((_, i) => !lines[i].HeldOut).ToList();
            var result = new RewardTrainer(options, observer).Train(model, training, heldOut);

            // 3. Measure it on the held-out pairs.
            var report = RewardMeasure.Measure(
                result.Evaluation?.Pairs ?? [], heldOutLines, new RandomStream(options.Seed, "reward/bootstrap"));

            // 4. Bring the scores of the policy's own samples to mean 0 and variance 1: gain and bias go into config.json.
            if (normalization.Count > 0)
            {
                var (gain, bias) = RewardScoring.Normalization(RewardScoring.Raw(model, normalization));
                model.Config = model.Config with { RewardGain = gain, RewardBias = bias };
            }
            ModelFolder.Save(model, folder.ModelFolder, tokenizerFrom: start);
            return new RewardStageResult(
                report, training.Count, heldOut.Count, model.Config.RewardGain, model.Config.RewardBias, RewardTraining.FromResult(result))
            {
                TrainingPairs = result.TrainingPairs,
                HeldOutPairs = result.HeldOutPairs,
                Warnings =
                [
                    .. warnings,
                    .. RewardWarnings.Create(report, training.Count, result.TrainingPairs, result.HeldOutPairs),
                    .. RewardWarnings.Truncated(rankings, length),
                ],
            };
        }
    }

    /// <summary>The rankings with the side of each: as the file says, or by hash of the prompt where it names no split.</summary>
    private static List<RankingLine> ReadLines(
        RunFolder folder, RewardOptions options, LoadedPolicy policy, List<TokenizedRanking> rankings)
    {
        var lines = new List<RankingLine>();
        foreach (var (number, line) in RankingsReader.Read(folder.RankingsFile))
        {
            lines.Add(line.Split is not null ? line : line with
            {
                Split = PromptSplit.Side(line.Prompt, options.HeldOutShare) == PromptSide.HeldOut
                    ? RankingLine.OnHeldOut
                    : RankingLine.Train,
            });
            rankings.Add(Tokenize(line, policy, $"{folder.RankingsFile}:{number}"));
        }
        return lines;
    }

    private static TokenizedRanking Tokenize(RankingLine line, LoadedPolicy policy, string place)
    {
        int[] prompt = policy.Tokenizer.EncodePrompt(line.Prompt);
        if (line.Ids is { } ids)
            policy.Tokenizer.CheckSampledIds(prompt, ids, line.Completions, place);
        return new TokenizedRanking(
            prompt, line.Ids ?? [.. line.Completions.Select(policy.Tokenizer.EncodeCompletion)], line.Ranks, line.Strength, line.Weight);
    }
}
