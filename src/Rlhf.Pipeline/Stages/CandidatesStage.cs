using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Generation;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;

namespace Rlhf.Pipeline.Stages;

/// <summary>What the candidates stage says at its end.</summary>
public sealed record CandidatesResult(int Prompts, int Completions, double MeanTokens, double EndedShare)
{
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Samples K completions for each prompt of the run.</summary>
public static class CandidatesStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<CandidatesOptions>(
        RunKinds.Candidates, "Samples K completions for each prompt.",
        plan: (options, inputs, folder) =>
        [
            PlannedInputs.Policy(inputs),
            PlannedInputs.Prompts(folder, inputs, set =>
                [.. PlannedInputs.Train(set, options.TrainPrompts), .. PlannedInputs.HeldOut(set, options.HeldOutPrompts)]),
        ],
        execute: Run,
        take: (inputs, options) => inputs with
        {
            Policy = StageInputs.Given(options.Model) ?? inputs.Policy,
            Prompts = (options.Prompts, options.Seed),
        },
        give: (inputs, run) => inputs with { Candidates = run.CandidatesFile });

    public static CandidatesResult Run(AttemptFolder folder, CandidatesOptions options, LineObserver observer)
    {
        using var loaded = LoadedPolicy.Load(folder.Run.Input(InputNames.Policy), options);
        var prompts = RunJson.ReadLines<PromptLine>(folder.Run.PromptsFile).ToList();
        var requests = PolicySampling.Requests(loaded.Tokenizer, [.. prompts.Select(p => p.Prompt)], options.PerPrompt,
            options.MaxPromptTokens);
        var completions = PolicySampling.Sample(
            loaded, requests, options.Sampling, new RandomStream(options.Seed, "candidates"), options.BatchSize,
            "sampling candidates", observer);

        var lines = prompts.Select((prompt, p) => new CandidateLine(prompt.Prompt, prompt.HeldOut,
            [.. Enumerable.Range(p * options.PerPrompt, options.PerPrompt).Select(i => new CandidateCompletion(
                loaded.Tokenizer.DecodeCompletion(requests[i].PromptIds, completions[i].Ids),
                completions[i].Ids, completions[i].LogProbs, completions[i].Finish.ToString().ToLowerInvariant()))]));
        RunJson.WriteLines(folder.CandidatesFile, lines);
        return new CandidatesResult(prompts.Count, completions.Count,
            completions.Average(c => c.Ids.Length), completions.Average(c => c.Finish == FinishReason.Length ? 0.0 : 1.0))
        { Warnings = loaded.Warnings };
    }
}
