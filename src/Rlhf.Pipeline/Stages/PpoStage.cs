using Rlhf.Core.Options;
using Rlhf.Models.Checkpoints;
using Rlhf.Pipeline.Data;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage.Entities;
using Rlhf.Training;
using Rlhf.Training.Ppo;
using Rlhf.Training.Sft;

namespace Rlhf.Pipeline.Stages;

/// <summary>What the PPO stage says at its end.</summary>
/// <param name="Last">What was reported of the last update.</param>
public sealed record PpoStageResult(
    int Updates, long Episodes, double KlCoefficient, double Seconds, IReadOnlyDictionary<string, double> Last)
{
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Trains a policy against a reward model on the training prompts.</summary>
public static class PpoStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<PpoOptions>(
        RunKinds.Ppo, "Trains a policy against a reward model (PPO).",
        plan: (options, inputs, folder) =>
        [
            PlannedInputs.Policy(inputs),
            PlannedInputs.RewardModel(inputs),
            PlannedInputs.Prompts(folder, inputs, set =>
                [.. PlannedInputs.Train(set, 0), .. PlannedInputs.HeldOut(set, options.EvaluationPrompts)]),
            .. options.PtxCoefficient > 0 ? [PlannedInputs.Text(folder, TextSources.ForPpo(options))] : Array.Empty<RunInput>(),
        ],
        execute: Run,
        take: (inputs, options) => inputs with
        {
            Policy = StageInputs.Given(options.Model) ?? inputs.Policy,
            RewardModel = StageInputs.Given(options.RewardModel) ?? inputs.RewardModel,
            Prompts = options.Prompts is { } prompts ? (prompts, options.Seed) : inputs.Prompts,
        },
        give: (inputs, run) => inputs with { TrainedPolicy = run.ModelFolder }) with
    { Checkpoint = CheckpointKind.Policy };

    private const int PtxLength = 256;

    public static PpoStageResult Run(AttemptFolder folder, PpoOptions options, LineObserver observer)
    {
        string start = folder.Run.Input(InputNames.Policy);
        using var policy = LoadedPolicy.Load(start, options);
        var (device, dtype) = LoadedPolicy.Prepare(options);
        string rewardFolder = folder.Run.Input(InputNames.RewardModel);
        policy.RequireSameTokenizer(rewardFolder, "the reward model");
        using var reward = ModelFolder.LoadScalarModel(rewardFolder, device, dtype);

        observer.Tokenizer = policy.Tokenizer;
        var prompts = RunJson.ReadLines<PromptLine>(folder.Run.PromptsFile).ToList();
        int[][] Ids(bool heldOut) => [.. prompts.Where(p => p.HeldOut == heldOut)
            .Select(p => policy.Tokenizer.EncodePrompt(p.Prompt, options.MaxPromptTokens))];
        var result = new PpoTrainer(options, observer).Train(
            policy.Model, reward, Ids(heldOut: false), Ids(heldOut: true), PtxSequences(folder, policy));

        ModelFolder.Save(policy.Model, folder.ModelFolder, tokenizerFrom: start);
        return new PpoStageResult(result.Updates, result.Episodes, result.KlCoefficient, result.Seconds, result.Last)
        {
            Warnings = policy.Warnings,
        };
    }

    /// <summary>The text of the language-modeling loss, cut to what PPO's own sequences may hold; null where that loss is off.</summary>
    private static IReadOnlyList<Sequence>? PtxSequences(AttemptFolder folder, LoadedPolicy policy)
    {
        if (folder.Run.TryInput(InputNames.Text) is not { } file)
            return null;
        var texts = RunJson.ReadLines<TextLine>(file).Select(line => TokenizedText.Document(
            policy.Tokenizer.EncodeDocument(line.Prompt + line.Completion)));
        return Sequences.Packed(texts, Math.Min(PtxLength, policy.Model.Config.MaxPositions), completionOnly: false);
    }
}
