using System.Diagnostics;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;
using Rlhf.Training;

namespace Rlhf.Pipeline.Stages;

/// <summary>Sampling for a list of prompts, batch by batch, with progress.</summary>
public static class PolicySampling
{
    /// <summary><paramref name="perPrompt"/> requests for each prompt, in order; the draws are named by the places of prompt and sample.</summary>
    public static IReadOnlyList<SampleRequest> Requests(ModelTokenizer tokenizer, IReadOnlyList<string> prompts, int perPrompt, int maxPromptTokens) =>
        [.. prompts.SelectMany((prompt, p) =>
        {
            int[] ids = tokenizer.Prompt(prompt, maxPromptTokens);
            return Enumerable.Range(0, perPrompt).Select(k => new SampleRequest(ids, new DrawKey(0, (uint)p, (uint)k)));
        })];

    public static IReadOnlyList<SampledCompletion> Sample(
        LoadedPolicy policy, IReadOnlyList<SampleRequest> requests, SamplingOptions sampling, RandomStream stream, int batchSize,
        string phase, ITrainingObserver observer)
    {
        var sampler = new Sampler(policy.Model, policy.PadId, batchSize);
        var completions = new List<SampledCompletion>(requests.Count);
        long started = Stopwatch.GetTimestamp(), tokens = 0;
        foreach (var batch in requests.Chunk(batchSize))
        {
            var sampled = sampler.Sample(batch, sampling, stream, policy.Tokenizer.Tokenizer);
            completions.AddRange(sampled);
            tokens += sampled.Sum(c => c.Ids.Length);
            observer.Progress(new TrainingProgress(phase, completions.Count, requests.Count, tokens / Stopwatch.GetElapsedTime(started).TotalSeconds));
        }
        return completions;
    }
}
