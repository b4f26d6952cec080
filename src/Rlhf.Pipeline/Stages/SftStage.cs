using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Pipeline.Data;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage.Entities;
using Rlhf.Training;
using Rlhf.Training.Sft;

namespace Rlhf.Pipeline.Stages;

/// <summary>Fine-tunes a policy on prompts with completions.</summary>
public static class SftStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<SftOptions>(
        RunKinds.Sft, "Fine-tunes a policy on prompts with completions.",
        plan: (options, inputs, folder) => [PlannedInputs.Policy(inputs), PlannedInputs.Text(folder, TextSources.ForFineTuning(options))],
        execute: Run,
        take: (inputs, options) => inputs with { Policy = StageInputs.Given(options.Model) ?? inputs.Policy },
        give: (inputs, run) => inputs with { Policy = run.ModelFolder }) with
    { Checkpoint = CheckpointKind.Policy };

    public static LanguageModelResult Run(AttemptFolder folder, SftOptions options, LineObserver observer)
    {
        string start = folder.Run.Input(InputNames.Policy);
        using var loaded = LoadedPolicy.Load(start, options);
        var rows = RunJson.ReadLines<TextLine>(folder.Run.TextFile).Select(line => new TokenizedText(
            loaded.Tokenizer.EncodePrompt(line.Prompt), loaded.Tokenizer.EncodeCompletion(line.Completion))).ToList();
        var result = new SftTrainer(options, observer).Train(loaded.Model, rows);
        ModelFolder.Save(loaded.Model, folder.ModelFolder, tokenizerFrom: start);
        return new LanguageModelResult(Weights.CountParameters(loaded.Model), loaded.Tokenizer.Tokenizer.VocabSize, result)
        {
            Warnings = loaded.Warnings,
        };
    }
}
