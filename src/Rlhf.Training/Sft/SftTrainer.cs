using System.Diagnostics;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Sft;

/// <summary>What a language-modeling run came to. Losses are nats a predicted token.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens read in training, padding left out.</param>
/// <param name="TrainingLoss">Mean over the last steps reported together.</param>
/// <param name="EvaluationLoss">On the held-out rows at the end; null where there are none.</param>
/// <param name="TokensPerSecond">Of the training alone.</param>
public sealed record SftResult(int Steps, long Tokens, double TrainingLoss, double? EvaluationLoss, double TokensPerSecond);

/// <summary>Pretraining and supervised fine-tuning: next-token prediction on token rows.</summary>
/// <param name="options">Those of pretraining or of fine-tuning; the latter may restrict the loss to completions.</param>
/// <param name="observer">Learns of metrics and progress.</param>
public sealed class SftTrainer(LanguageModelingOptions options, ITrainingObserver observer)
{
    private readonly bool _completionOnly = options is SftOptions { CompletionOnlyLoss: true };

    /// <summary>Trains <paramref name="model"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="model">On the device and in the number format to train in.</param>
    /// <param name="rows">The texts; a share of them is held out unless <paramref name="heldOut"/> is given.</param>
    /// <param name="heldOut">Rows to evaluate on.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public SftResult Train(CausalLm model, IReadOnlyList<TokenizedText> rows, IReadOnlyList<TokenizedText>? heldOut = null, CancellationToken cancellation = default)
    {
        if (options.SequenceLength > model.Config.MaxPositions)
            throw new UserError($"sequenceLength: {options.SequenceLength} tokens are more than the {model.Config.MaxPositions} positions of the model");

        // 1. What is trained on, what is held out, how many steps there will be.
        (rows, heldOut) = heldOut is null ? Batches.Split(rows, (_, i) => i, options.HeldOutShare, options.Seed) : (rows, heldOut);
        IReadOnlyList<Sequence> evaluation = SequencesOf(heldOut, model.Config.BosId), epoch = EpochOf(rows, 0, model.Config.BosId);
        if (epoch.Count == 0)
            throw new UserError($"training rows: {rows.Count} texts hold not one token to predict; give longer texts");
        int perEpoch = (epoch.Count + options.BatchSize - 1) / options.BatchSize;
        int total = options.MaxSteps > 0 ? Math.Min(options.MaxSteps, perEpoch * options.Epochs) : perEpoch * options.Epochs;
        long warmup = (long)Math.Round(options.WarmupShare * total);
        using var adamW = new AdamW(model.named_parameters().Select(p => (p.name, p.parameter)), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
        var shuffle = new RandomStream(options.Seed, "shuffle/sequences");
        var clock = Stopwatch.StartNew();
        TimeSpan evaluating = TimeSpan.Zero;
        var meter = new LossMeter();
        int step = 0;
        long tokens = 0;
        double lastLoss = double.NaN;
        double TokensPerSecond() => tokens / Math.Max(1e-9, (clock.Elapsed - evaluating).TotalSeconds);

        for (int e = 0; step < total; e++)
        {
            // 2. A new order for every epoch: of the texts before packing, of the batches after.
            epoch = e == 0 ? epoch : EpochOf(rows, e, model.Config.BosId);
            foreach (int[] batch in Batches.Shuffled([.. epoch.Select(s => s.Ids.Length)], options.BatchSize, shuffle, e))
            {
                if (step == total)
                    break;
                cancellation.ThrowIfCancellationRequested();

                // 3. Loss and gradient: the mean over all predicted tokens of the batch, however it is cut into parts.
                int targets = batch.Sum(i => epoch[i].Targets);
                double loss = 0;
                foreach (int[] part in Batches.Micro(batch, options.MicroBatchSize))
                {
                    using var scope = NewDisposeScope();
                    Tensor share = LossSum(model, [.. part.Select(i => epoch[i])]) / targets;
                    share.backward();
                    loss += share.item<float>();
                }

                // 4. Step.
                double rate = options.LearningRate * Schedules.Cosine(step, warmup, total, options.FinalLearningRateShare);
                double norm = GradientClipping.Clip(model.parameters().Select(p => p.grad), options.MaxGradientNorm);
                if (!double.IsFinite(loss + norm))
                    throw new UserError($"training diverged at step {step}: loss {loss}, gradient norm {norm}; a smaller learningRate ({options.LearningRate}) or a longer warmupShare ({options.WarmupShare}) may help");
                adamW.Update(rate);
                step++;
                tokens += batch.Sum(i => (long)epoch[i].Ids.Length);
                meter.Add(loss, norm);

                // 5. Report, evaluate.
                if (step % options.LogEvery == 0 || step == total)
                {
                    lastLoss = meter.Loss;
                    observer.Metrics(step, new Dictionary<string, double>
                    {
                        ["loss/train"] = meter.Loss,
                        ["gradient_norm"] = meter.Norm,
                        ["lr"] = rate,
                        ["epoch"] = (double)step / perEpoch,
                        ["tokens/s"] = TokensPerSecond(),
                    });
                    observer.Progress(new TrainingProgress("train", step, total, TokensPerSecond()));
                    meter = new LossMeter();
                }
                if (evaluation.Count > 0 && step < total && options.EvaluateEvery > 0 && step % options.EvaluateEvery == 0)
                {
                    TimeSpan began = clock.Elapsed;
                    observer.Metrics(step, new Dictionary<string, double> { ["loss/evaluation"] = Evaluate(model, evaluation) });
                    evaluating += clock.Elapsed - began;
                }
            }
        }

        // 6. The held-out loss at the end.
        double speed = TokensPerSecond();
        double? last = evaluation.Count > 0 ? Evaluate(model, evaluation) : null;
        if (last is { } value)
            observer.Metrics(step, new Dictionary<string, double> { ["loss/evaluation"] = value });
        return new SftResult(step, tokens, lastLoss, last, speed);
    }

    /// <summary>Mean loss of a predicted token, without gradients.</summary>
    public double Evaluate(CausalLm model, IReadOnlyList<Sequence> sequences)
    {
        using var noGradient = no_grad();
        double sum = 0;
        foreach (int[] batch in Batches.ByLength([.. sequences.Select(s => s.Ids.Length)], options.MicroBatchSize > 0 ? options.MicroBatchSize : options.BatchSize))
        {
            using var scope = NewDisposeScope();
            sum += LossSum(model, [.. batch.Select(i => sequences[i])]).item<float>();
        }
        return sum / sequences.Sum(s => (long)s.Targets);
    }

    /// <summary>The sequences of texts, in their order; a text that is cut keeps its <paramref name="bosId"/>.</summary>
    private IReadOnlyList<Sequence> SequencesOf(IEnumerable<TokenizedText> texts, int? bosId) => options.Packing
        ? Sequences.Packed(texts, options.SequenceLength, _completionOnly)
        : Sequences.OneEach(texts, options.SequenceLength, _completionOnly, bosId);

    private IReadOnlyList<Sequence> EpochOf(IReadOnlyList<TokenizedText> rows, int epoch, int? bosId) =>
        SequencesOf(new RandomStream(options.Seed, "shuffle/texts").Permutation(rows.Count, (uint)epoch).Select(i => rows[i]), bosId);

    /// <summary>−Σ log π over the predicted tokens. Only their hidden states go through the output layer.</summary>
    internal static Tensor LossSum(CausalLm model, IReadOnlyList<Sequence> sequences)
    {
        int width = sequences.Max(s => s.Ids.Length);
        long[] ids = new long[sequences.Count * width];
        List<long> places = [], targets = [];
        for (int row = 0; row < sequences.Count; row++)
        {
            Sequence sequence = sequences[row];
            for (int i = 0; i < sequence.Ids.Length; i++)
            {
                ids[row * width + i] = sequence.Ids[i];
                if (!sequence.IsTarget[i])
                    continue;
                places.Add(row * width + i - 1);
                targets.Add(sequence.Ids[i]);
            }
        }
        Device device = model.Decoder.Embedding.device;
        // Padding stands on the right, where no real token looks: no mask is needed, and any id will do.
        Tensor hidden = model.Decoder.HiddenStates(tensor(ids, [sequences.Count, width], device: device), null);
        Tensor speaking = hidden.flatten(0, 1).index_select(0, tensor(places.ToArray(), device: device));
        return nn.functional.cross_entropy(model.LogitsOf(speaking).to(ScalarType.Float32), tensor(targets.ToArray(), device: device), reduction: nn.Reduction.Sum);
    }
}
