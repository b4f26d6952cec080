using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Data;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage.Entities;
using Rlhf.Training;
using Rlhf.Training.Sft;

namespace Rlhf.Pipeline.Stages;

/// <summary>What pretraining and fine-tuning say at their end.</summary>
public sealed record LanguageModelResult(long Parameters, int VocabularySize, SftResult Training)
{
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>A new policy from text alone: tokenizer, weights, language modeling.</summary>
public static class PretrainStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<PretrainOptions>(
        RunKinds.Pretrain, "Pretrains a policy, and its tokenizer, from text.",
        plan: (options, _, folder) => [PlannedInputs.Text(folder, TextSources.ForPretraining(options))],
        execute: Run,
        give: (inputs, run) => inputs with { Policy = run.ModelFolder }) with
    { Checkpoint = CheckpointKind.Policy };

    /// <summary>BOS, EOS and PAD, each its own id: so that a masked padding token is never mistaken for an end.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } = ["<|begin|>", "<|end|>", "<|pad|>"];

    public static LanguageModelResult Run(AttemptFolder folder, PretrainOptions options, LineObserver observer)
    {
        var (device, dtype) = LoadedPolicy.Prepare(options);
        var texts = RunJson.ReadLines<TextLine>(folder.Run.TextFile).Select(line => line.Prompt + line.Completion).ToList();

        // 1. A tokenizer.
        observer.Progress(new TrainingProgress("learning the tokenizer", 0, 1, 0));
        var tokenizer = BpeTrainer.Train(texts, options.VocabularySize, SpecialTokens);
        observer.Progress(new TrainingProgress("learning the tokenizer", 1, 1, 0));

        // 2. New weights.
        var shape = options.Model;
        var config = ModelConfig.CreateLlama(
            tokenizer.VocabSize, shape.HiddenSize, shape.Layers, shape.Heads, shape.KvHeads == 0 ? shape.Heads : shape.KvHeads,
            shape.IntermediateSize, shape.MaxPositions, shape.TieWordEmbeddings,
            bosId: tokenizer.BosId, eosIds: [tokenizer.EosId!.Value], padId: tokenizer.PadId);
        using var model = CausalLm.Create(config, new RandomStream(options.Seed, "initialization"), device, dtype);

        // 3. Language modeling; each document ends with the end of its text.
        var ids = new ModelTokenizer(tokenizer, config);
        var rows = texts.Select(text => TokenizedText.Document(ids.EncodeDocument(text))).ToList();
        var result = new SftTrainer(options, observer).Train(model, rows);

        Directory.CreateDirectory(folder.ModelFolder);
        tokenizer.Save(folder.ModelFolder);
        ModelFolder.Save(model, folder.ModelFolder);
        return new LanguageModelResult(Weights.CountParameters(model), tokenizer.VocabSize, result);
    }
}
