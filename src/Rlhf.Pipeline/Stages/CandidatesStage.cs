using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Generation;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Stages;

/// <summary>What the candidates stage says at its end.</summary>
public sealed record CandidatesResult(int Prompts, int Completions, double MeanTokens, double EndedShare);

/// <summary>Samples K completions for each prompt of the run.</summary>
public static class CandidatesStage
{
    public static CandidatesResult Run(RunFolder folder, CandidatesOptions options, LineObserver observer)
    {
        using var loaded = LoadedPolicy.Load(folder.Input(InputNames.Policy), options);
        var prompts = RunJson.ReadLines<PromptLine>(folder.PromptsFile).ToList();
        var requests = PolicySampling.Requests(loaded.Tokenizer, [.. prompts.Select(p => p.Prompt)], options.PerPrompt, options.MaxPromptTokens);
        var completions = PolicySampling.Sample(
            loaded, requests, options.Sampling, new RandomStream(options.Seed, "candidates"), options.BatchSize, "sampling candidates", observer);

        var lines = prompts.Select((prompt, p) => new CandidateLine(prompt.Prompt, prompt.HeldOut,
            [.. Enumerable.Range(p * options.PerPrompt, options.PerPrompt).Select(i => new CandidateCompletion(
                CompletionText.Decode(loaded.Tokenizer, requests[i].PromptIds, completions[i].Ids),
                completions[i].Ids, completions[i].LogProbs, completions[i].Finish.ToString().ToLowerInvariant()))]));
        RunJson.WriteLines(folder.CandidatesFile, lines);
        return new CandidatesResult(prompts.Count, completions.Count,
            completions.Average(c => c.Ids.Length), completions.Average(c => c.Finish == FinishReason.Length ? 0.0 : 1.0));
    }
}
