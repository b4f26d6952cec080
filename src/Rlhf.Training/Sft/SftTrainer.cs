using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Generation;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Sft;

/// <summary>The result of language-model training. Losses are in nats per predicted token.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens trained on, without padding.</param>
/// <param name="TrainingLoss">Mean loss over the steps of the last report.</param>
/// <param name="EvaluationLoss">The final loss on the held-out rows; null if there are none.</param>
/// <param name="TokensPerSecond">Tokens trained on per second, prompts too, without padding and evaluations.</param>
public sealed record SftResult(int Steps, long Tokens, double TrainingLoss, double? EvaluationLoss, double TokensPerSecond);

/// <summary>Pretraining and supervised fine-tuning: next-token prediction on token ids.</summary>
/// <param name="options">Options of pretraining or fine-tuning. Those of fine-tuning may restrict the loss to completions.</param>
/// <param name="observer">Receives metrics and progress.</param>
public sealed class SftTrainer(LanguageModelingOptions options, ITrainingObserver observer)
{
    private readonly bool _completionOnly = options is SftOptions { CompletionOnlyLoss: true };

    /// <summary>Trains <paramref name="model"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="model">The model, on the device and in the number format for training.</param>
    /// <param name="rows">The texts; a share of them is held out unless <paramref name="heldOut"/> is given.</param>
    /// <param name="heldOut">Rows to evaluate on; null = a share of <paramref name="rows"/>.</param>
    /// <param name="cancellation">Checked before each step.</param>
    public SftResult Train(CausalLm model, IReadOnlyList<TokenizedText> rows, IReadOnlyList<TokenizedText>? heldOut = null,
        CancellationToken cancellation = default)
    {
        if (options.SequenceLength > model.Config.MaxPositions)
            throw new UserError($"sequenceLength: {options.SequenceLength} tokens are more than the {model.Config.MaxPositions} positions "
                + "of the model");

        // 1. Split into training and held-out rows.
        (rows, heldOut) = heldOut is null ? Batches.Split(rows, options.HeldOutShare, options.Seed) : (rows, heldOut);
        IReadOnlyList<Sequence> evaluation = SequencesOf(heldOut, model.Config.BosId), epoch = EpochOf(rows, 0, model.Config.BosId);
        if (epoch.Count == 0)
            throw new UserError($"training rows: {rows.Count} texts contain no token to predict; give longer texts");

        // 2. Loss: the mean over the predicted tokens of a batch.
        Tensor Loss(int[] part, int[] batch) => LossSum(model, [.. part.Select(i => epoch[i])]) / Number(batch.Sum(i => epoch[i].Targets));

        // 3. Train. Every epoch has a new order of texts before packing, and of batches after it.
        IReadOnlyList<RowSize> Epoch(int number)
        {
            epoch = number == 0 ? epoch : EpochOf(rows, number, model.Config.BosId);
            return [.. epoch.Select(s => new RowSize(s.Ids.Length, s.Ids.Length))];
        }
        Dictionary<string, double> HeldOutLoss() => new() { ["loss/evaluation"] = Evaluate(model, evaluation) };
        LoopResult done = EpochLoop.Run(model, options, new RandomStream(options.Seed, "shuffle/sequences"),
            new LoopParts(Epoch, Loss, Report: null, evaluation.Count > 0 ? HeldOutLoss : null), observer, cancellation);

        // 4. The held-out loss at the end.
        double? last = evaluation.Count > 0 ? Evaluate(model, evaluation) : null;
        if (last is { } value)
            observer.Metrics(done.Steps, new Dictionary<string, double> { ["loss/evaluation"] = value });
        return new SftResult(done.Steps, done.Tokens, done.Loss, last, done.TokensPerSecond);
    }

    /// <summary>Mean loss in nats per predicted token, without gradients.</summary>
    public double Evaluate(CausalLm model, IReadOnlyList<Sequence> sequences)
    {
        using var noGradient = no_grad();
        double sum = 0;
        foreach (int[] batch in Batches.ByLength(
            [.. sequences.Select(s => s.Ids.Length)], options.MicroBatchSize > 0 ? options.MicroBatchSize : options.BatchSize))
        {
            using var scope = NewDisposeScope();
            var (hidden, targets) = Predictions(model, [.. batch.Select(i => sequences[i])]);
            sum -= Scoring.TokenLogProbs(model, hidden, targets).sum().item<float>();
        }
        return sum / sequences.Sum(s => (long)s.Targets);
    }

    /// <summary>The sequences of the texts, in their order. Truncated texts keep their <paramref name="bosId"/>.</summary>
    private IReadOnlyList<Sequence> SequencesOf(IEnumerable<TokenizedText> texts, int? bosId) => options.Packing
        ? Sequences.Packed(texts, options.SequenceLength, _completionOnly)
        : Sequences.OnePerText(texts, options.SequenceLength, _completionOnly, bosId);

    private IReadOnlyList<Sequence> EpochOf(IReadOnlyList<TokenizedText> rows, int epoch, int? bosId) =>
        SequencesOf(new RandomStream(options.Seed, "shuffle/texts").Permutation(rows.Count, (uint)epoch).Select(i => rows[i]), bosId);

    /// <summary>−Σ log π over the predicted tokens, a scalar in nats. Only their hidden states go through the output layer.</summary>
    internal static Tensor LossSum(CausalLm model, IReadOnlyList<Sequence> sequences)
    {
        var (hidden, targets) = Predictions(model, sequences);
        return nn.functional.cross_entropy(model.LmHead(hidden).to(ScalarType.Float32), targets, reduction: nn.Reduction.Sum);
    }

    /// <summary>The hidden states that predict the target tokens, [tokens, width], and the target tokens, [tokens] int64.</summary>
    private static (Tensor Hidden, Tensor Targets) Predictions(CausalLm model, IReadOnlyList<Sequence> sequences)
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
        // Padding is on the right, which causal attention never reads: no mask is needed, and any id will do.
        Tensor hidden = model.Decoder.HiddenStates(tensor(ids, [sequences.Count, width], device: device), null);
        return (hidden.flatten(0, 1).index_select(0, tensor(places.ToArray(), device: device)), tensor(targets.ToArray(), device: device));
    }
}
