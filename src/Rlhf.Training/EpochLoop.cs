using System.Diagnostics;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training;

/// <summary>The size of one row of a batch.</summary>
/// <param name="Length">Its longest sequence, in tokens: rows of like length share a batch.</param>
/// <param name="Tokens">Tokens of all of its sequences, padding left out.</param>
internal readonly record struct RowSize(int Length, int Tokens);

/// <summary>What a trainer puts into <see cref="EpochLoop"/>.</summary>
/// <param name="Epoch">The rows of an epoch: what decides which of them share a batch, and how many tokens they cost.</param>
/// <param name="Loss">
/// The share of some rows (the first argument) in the mean loss of the batch that they belong to (the second): a scalar with its graph.
/// The shares of all parts of a batch add up to the batch's loss, however it is cut into parts.
/// </param>
/// <param name="Report">More numbers of the steps since the last report; null = none.</param>
/// <param name="Evaluate">Metrics on held-out rows; null = there are none.</param>
internal sealed record LoopParts(
    Func<int, IReadOnlyList<RowSize>> Epoch,
    Func<int[], int[], Tensor> Loss,
    Func<IReadOnlyDictionary<string, double>>? Report,
    Func<IReadOnlyDictionary<string, double>>? Evaluate);

/// <summary>What the loop came to.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens read, padding left out.</param>
/// <param name="Loss">Mean over the last steps reported together.</param>
/// <param name="TokensPerSecond">Of the training alone, evaluations left out.</param>
internal sealed record LoopResult(int Steps, long Tokens, double Loss, double TokensPerSecond);

/// <summary>The loop of every training on fixed data: epochs of shuffled batches, AdamW steps, reports, evaluations in between.</summary>
internal static class EpochLoop
{
    /// <summary>Trains <paramref name="model"/> in place. Synchronous, on the calling thread.</summary>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not finite.</exception>
    public static LoopResult Run(
        nn.Module model, IEpochOptions options, RandomStream shuffle, LoopParts parts, ITrainingObserver observer,
        CancellationToken cancellation)
    {
        IReadOnlyList<RowSize> rows = parts.Epoch(0);
        int perEpoch = (rows.Count + options.BatchSize - 1) / options.BatchSize;
        int total = options.MaxSteps > 0 ? Math.Min(options.MaxSteps, perEpoch * options.Epochs) : perEpoch * options.Epochs;
        long warmup = (long)Math.Round(options.WarmupShare * total);
        using var adamW = new AdamW(model.parameters(), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
        var clock = Stopwatch.StartNew();
        TimeSpan evaluating = TimeSpan.Zero;
        int step = 0, sinceReport = 0;
        long tokens = 0;
        double losses = 0, norms = 0, lastLoss = double.NaN;
        double TokensPerSecond() => tokens / Math.Max(1e-9, (clock.Elapsed - evaluating).TotalSeconds);

        for (int epoch = 0; step < total; epoch++)
        {
            rows = epoch == 0 ? rows : parts.Epoch(epoch);
            foreach (int[] batch in Batches.Shuffled([.. rows.Select(r => r.Length)], options.BatchSize, shuffle, epoch))
            {
                if (step == total)
                    break;
                cancellation.ThrowIfCancellationRequested();

                // Loss and gradient.
                double loss = 0;
                foreach (int[] part in Batches.Micro(batch, options.MicroBatchSize))
                {
                    using var scope = NewDisposeScope();
                    Tensor share = parts.Loss(part, batch);
                    share.backward();
                    adamW.Accumulate();
                    loss += share.item<float>();
                }

                // Step.
                double rate = options.LearningRate * Schedules.Cosine(step, warmup, total, options.FinalLearningRateShare);
                double norm = GradientClipping.Clip(adamW.Gradients, options.MaxGradientNorm);
                if (!double.IsFinite(loss + norm))
                    throw new TrainingDivergedException(DivergenceMessage(options, step, loss, norm));
                adamW.Update(rate);
                step++;
                sinceReport++;
                tokens += batch.Sum(row => (long)rows[row].Tokens);
                losses += loss;
                norms += norm;

                // Report, evaluate.
                if (step % options.LogEvery == 0 || step == total)
                {
                    lastLoss = losses / sinceReport;
                    var metrics = new Dictionary<string, double>
                    {
                        ["loss/train"] = lastLoss,
                        ["gradient_norm"] = norms / sinceReport,
                        ["lr"] = rate,
                        ["epoch"] = (double)step / perEpoch,
                        ["tokens/s"] = TokensPerSecond(),
                    };
                    foreach (var (name, value) in parts.Report?.Invoke() ?? new Dictionary<string, double>())
                        metrics[name] = value;
                    observer.Metrics(step, metrics);
                    observer.Progress(new TrainingProgress("train", step, total, TokensPerSecond()));
                    (losses, norms, sinceReport) = (0, 0, 0);
                }
                if (parts.Evaluate is not null && step < total && options.EvaluateEvery > 0 && step % options.EvaluateEvery == 0)
                {
                    TimeSpan began = clock.Elapsed;
                    observer.Metrics(step, parts.Evaluate());
                    evaluating += clock.Elapsed - began;
                }
            }
        }
        return new LoopResult(step, tokens, lastLoss, TokensPerSecond());
    }

    private static string DivergenceMessage(IEpochOptions options, int step, double loss, double norm)
    {
        string advice = step > 0 && options.LearningRate > 0
            ? FormattableString.Invariant(
                $"a smaller learningRate ({options.LearningRate}) or a longer warmupShare ({options.WarmupShare}) may help")
            : "nothing had been learned before, so that no learning rate is the cause; look at the weights of the model";
        return FormattableString.Invariant($"training diverged at step {step + 1}: loss {loss}, gradient norm {norm}; ") + advice;
    }
}
