using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;
using Rlhf.Training;

namespace Rlhf.Pipeline.Stages;

/// <summary>Sampling for a list of prompts, batch by batch, with progress.</summary>
public static class PolicySampling
{
    /// <summary>
    /// <paramref name="perPrompt"/> requests for each prompt, in order; the random numbers are a
    /// function of the positions of prompt and sample.
    /// </summary>
    public static IReadOnlyList<SampleRequest> Requests(
        ModelTokenizer tokenizer, IReadOnlyList<string> prompts, int perPrompt, int maxPromptTokens) =>
        [.. prompts.SelectMany((prompt, p) =>
        {
            int[] ids = tokenizer.EncodePrompt(prompt, maxPromptTokens);
            return Enumerable.Range(0, perPrompt).Select(k => new SampleRequest(ids, new DrawKey(0, (uint)p, (uint)k)));
        })];

    /// <summary>
    /// Refuses, before sampling, a model with too few positions for the completions of the policy that it will score.
    /// </summary>
    /// <param name="requests">What is sampled.</param>
    /// <param name="sampling">How long completions may be.</param>
    /// <param name="samplerPositions">Positions of the policy that samples: it ends a completion at its last one.</param>
    /// <param name="reader">Folder of the model that reads prompt and completion together.</param>
    /// <param name="role">What it is, for the message: "the reward model".</param>
    /// <exception cref="UserError">The longest prompt with the longest completion does not fit.</exception>
    public static void RequireReadable(
        IReadOnlyList<SampleRequest> requests, SamplingOptions sampling, int samplerPositions, string reader, string role)
    {
        int longest = requests.Max(r => r.PromptIds.Length), positions = ModelConfig.Load(reader).MaxPositions;
        if (Math.Min(longest + sampling.MaxNewTokens, samplerPositions) > positions)
            throw new UserError($"sampling.maxNewTokens: {sampling.MaxNewTokens} after a prompt of {longest} tokens are more than the "
                + $"{positions} positions of {role} ({reader}); lower it or maxPromptTokens");
    }

    /// <summary>Samples a completion for each request. The speed that is reported counts the tokens of completions alone.</summary>
    public static IReadOnlyList<SampledCompletion> Sample(
        LoadedPolicy policy, IReadOnlyList<SampleRequest> requests, SamplingOptions sampling, RandomStream stream, int batchSize,
        string phase, ITrainingObserver observer, TimeProvider? time = null)
    {
        var sampler = new Sampler(policy.Model, policy.PadId, batchSize);
        var completions = new List<SampledCompletion>(requests.Count);
        time ??= TimeProvider.System;
        long started = time.GetTimestamp(), tokens = 0;
        foreach (var batch in requests.Chunk(batchSize))
        {
            var sampled = sampler.Sample(batch, sampling, stream, policy.Tokenizer.Tokenizer);
            completions.AddRange(sampled);
            tokens += sampled.Sum(c => c.Ids.Length);
            observer.Progress(new TrainingProgress(
                phase, completions.Count, requests.Count, tokens / time.GetElapsedTime(started).TotalSeconds,
                TrainingProgress.CompletionTokens));
        }
        return completions;
    }
}
