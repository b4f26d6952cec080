using Rlhf.Models;
using Rlhf.Models.Generation;
using Rlhf.Training;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Stages;

/// <summary>What a model says of given completions, batch by batch and without gradients.</summary>
public static class CompletionScoring
{
    /// <summary>Σ_t log π(a_t) over each completion (its end-of-sequence id included), logits divided by <paramref name="temperature"/>.</summary>
    public static double[] LogProbabilities(
        LoadedPolicy policy, IReadOnlyList<SampleRequest> requests, IReadOnlyList<SampledCompletion> completions,
        double temperature, int batchSize, string phase, ITrainingObserver observer)
    {
        var rows = requests.Zip(completions, (r, c) => (int[])[.. r.PromptIds, .. c.Ids]).ToList();
        return Batches(rows, batchSize, phase, observer, (batch, first) =>
        {
            var (ids, mask) = TokenRows.PadRight(batch, policy.PadId, policy.Device);
            using var logits = policy.Model.Logits(ids, mask);
            int last = (int)ids.shape[1] - 1;
            // The logit that speaks for token t is at t − 1: column j belongs to token j + 1.
            var logProbs = LogProbs.OfTokens(logits[.., ..last].to(ScalarType.Float32), ids[.., 1..], temperature).to(CPU);
            var values = logProbs.data<float>().ToArray();
            return [.. Enumerable.Range(0, batch.Length).Select(row =>
            {
                int prompt = requests[first + row].PromptIds.Length;
                return Enumerable.Range(prompt - 1, completions[first + row].Ids.Length).Sum(j => (double)values[(row * last) + j]);
            })];
        });
    }

    private static double[] Batches(
        List<int[]> rows, int batchSize, string phase, ITrainingObserver observer, Func<int[][], int, IEnumerable<double>> score)
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        var results = new List<double>(rows.Count);
        long tokens = 0;
        foreach (int[][] batch in rows.Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            results.AddRange(score(batch, results.Count));
            tokens += batch.Sum(row => row.Length);
            observer.Progress(new TrainingProgress(phase, results.Count, rows.Count, tokens / started.Elapsed.TotalSeconds));
        }
        return [.. results];
    }
}
