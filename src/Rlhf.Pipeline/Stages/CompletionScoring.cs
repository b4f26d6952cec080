using Rlhf.Models.Generation;
using Rlhf.Training;

namespace Rlhf.Pipeline.Stages;

/// <summary>What a model says of given completions, batch by batch and without gradients.</summary>
public static class CompletionScoring
{
    /// <summary>
    /// Σ_t log π(a_t) over each completion (its end-of-sequence id included), logits divided by <paramref name="temperature"/>.
    /// The speed that is reported counts the tokens of prompts and completions.
    /// </summary>
    public static double[] LogProbabilities(
        LoadedPolicy policy, IReadOnlyList<SampleRequest> requests, IReadOnlyList<SampledCompletion> completions,
        double temperature, int batchSize, string phase, ITrainingObserver observer,
        TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        long started = time.GetTimestamp();
        var results = new List<double>(completions.Count);
        long tokens = 0;
        foreach (int[] batch in Enumerable.Range(0, completions.Count).Chunk(batchSize))
        {
            float[][] logProbs = Scoring.CompletionLogProbs(
                policy.Model, [.. batch.Select(i => requests[i].PromptIds)], [.. batch.Select(i => completions[i].Ids)], temperature);
            results.AddRange(logProbs.Select(row => row.Sum(x => (double)x)));
            tokens += batch.Sum(i => (long)requests[i].PromptIds.Length + completions[i].Ids.Length);
            observer.Progress(new TrainingProgress(phase, results.Count, completions.Count,
                tokens / time.GetElapsedTime(started).TotalSeconds, TrainingProgress.PromptAndCompletionTokens));
        }
        return [.. results];
    }
}
