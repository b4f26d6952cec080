using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training;

/// <summary>The size of one training row.</summary>
/// <param name="Length">Tokens of its longest sequence: rows of similar length are batched together.</param>
/// <param name="Tokens">Tokens of all its sequences, without padding.</param>
internal readonly record struct RowSize(int Length, int Tokens);

/// <summary>The parts of <see cref="EpochLoop"/> that differ between trainers.</summary>
/// <param name="Epoch">The sizes of the rows of an epoch.</param>
/// <param name="Loss">
/// The loss of a micro-batch (first argument) as its share of the mean loss of its batch (second argument): a scalar with its graph.
/// The shares of all micro-batches add up to the loss of the batch, regardless of their sizes.
/// </param>
/// <param name="Report">Further metrics of the steps since the last report; null = none.</param>
/// <param name="Evaluate">Metrics on held-out rows; null = no evaluation.</param>
internal sealed record LoopParts(
    Func<int, IReadOnlyList<RowSize>> Epoch,
    Func<int[], int[], Tensor> Loss,
    Func<IReadOnlyDictionary<string, double>>? Report,
    Func<IReadOnlyDictionary<string, double>>? Evaluate);

/// <summary>The result of the loop.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens trained on, without padding.</param>
/// <param name="Loss">Mean loss over the steps of the last report.</param>
/// <param name="TokensPerSecond">Tokens trained on per second, prompts too, without padding and evaluations.</param>
internal sealed record LoopResult(int Steps, long Tokens, double Loss, double TokensPerSecond);

/// <summary>The training loop on a fixed dataset: epochs of shuffled batches, AdamW steps, reports and evaluations.</summary>
internal static class EpochLoop
{
    /// <summary>Trains <paramref name="model"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Batch size, epochs, learning rate and so on.</param>
    /// <param name="shuffle">Random numbers of the order of the rows.</param>
    /// <param name="parts">The parts that differ between trainers.</param>
    /// <param name="observer">Receives metrics and progress.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <param name="time">Measures the speed; null = the system's clock.</param>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not finite.</exception>
    public static LoopResult Run(
        nn.Module model, IEpochOptions options, RandomStream shuffle, LoopParts parts, ITrainingObserver observer,
        CancellationToken cancellation, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        IReadOnlyList<RowSize> rows = parts.Epoch(0);
        int perEpoch = (rows.Count + options.BatchSize - 1) / options.BatchSize;
        int total = options.MaxSteps > 0 ? Math.Min(options.MaxSteps, perEpoch * options.Epochs) : perEpoch * options.Epochs;
        long warmup = (long)Math.Round(options.WarmupShare * total);
        using var adamW = new AdamW(model.parameters(), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
        long started = time.GetTimestamp();
        TimeSpan evaluating = TimeSpan.Zero;
        int step = 0, sinceReport = 0;
        long tokens = 0;
        double losses = 0, norms = 0, lastLoss = double.NaN;
        double TokensPerSecond() => tokens / Math.Max(1e-9, (time.GetElapsedTime(started) - evaluating).TotalSeconds);

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
                foreach (int[] part in Batches.MicroBatches(batch, options.MicroBatchSize))
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
                    long began = time.GetTimestamp();
                    observer.Metrics(step, parts.Evaluate());
                    evaluating += time.GetElapsedTime(began);
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
            : "it happened before any training, so the learning rate is not the cause; check the weights of the model";
        return FormattableString.Invariant($"training diverged at step {step + 1}: loss {loss}, gradient norm {norm}; ") + advice;
    }
}
