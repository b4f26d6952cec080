using System.Diagnostics;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Training.Numerics;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Reward;

/// <summary>What the training of a reward model came to.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens read in training, padding left out.</param>
/// <param name="TrainingLoss">Mean over the last steps reported together.</param>
/// <param name="TrainingAccuracy">Share of the pairs of those steps that were in the right order before they were learnt from; null where all tie.</param>
/// <param name="Evaluation">On the held-out rankings at the end; null where there are none.</param>
/// <param name="TokensPerSecond">Of the training alone.</param>
public sealed record RewardResult(int Steps, long Tokens, double TrainingLoss, double? TrainingAccuracy, RewardEvaluation? Evaluation, double TokensPerSecond);

/// <summary>Training of a reward model on rankings of K completions, all pairs of a prompt in one forward pass (Ouyang et al. 2022).</summary>
public sealed class RewardTrainer(RewardOptions options, ITrainingObserver observer)
{
    /// <summary>Trains <paramref name="model"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="model">On the device and in the number format to train in.</param>
    /// <param name="rankings">Two completions or more each; a share of the prompts is held out unless <paramref name="heldOut"/> is given.</param>
    /// <param name="heldOut">Rankings to evaluate on.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public RewardResult Train(ScalarModel model, IReadOnlyList<TokenizedRanking> rankings, IReadOnlyList<TokenizedRanking>? heldOut = null, CancellationToken cancellation = default)
    {
        // 1. What is trained on, what is held out: a prompt is on one side only.
        (rankings, heldOut) = heldOut is null
            ? Batches.Split(rankings, (r, _) => string.Join(',', r.Prompt), options.HeldOutShare, options.Seed)
            : (rankings, heldOut);
        IReadOnlyList<Fitted> training = Fit(rankings, model.Config), evaluation = Fit(heldOut, model.Config);
        if (training.Count == 0)
            throw new UserError($"rankings: none of the {rankings.Count} rankings compares two completions; nothing to train on");
        int perEpoch = (training.Count + options.BatchSize - 1) / options.BatchSize;
        int total = options.MaxSteps > 0 ? Math.Min(options.MaxSteps, perEpoch * options.Epochs) : perEpoch * options.Epochs;
        long warmup = (long)Math.Round(options.WarmupShare * total);
        using var adamW = new AdamW(model.named_parameters().Select(p => (p.name, p.parameter)), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
        var shuffle = new RandomStream(options.Seed, "shuffle/rankings");
        var clock = Stopwatch.StartNew();
        TimeSpan evaluating = TimeSpan.Zero;
        var meter = new LossMeter();
        int step = 0;
        long tokens = 0;
        double lastLoss = double.NaN, right = 0, pairs = 0, margins = 0;
        double? lastAccuracy = null;
        double TokensPerSecond() => tokens / Math.Max(1e-9, (clock.Elapsed - evaluating).TotalSeconds);

        for (int epoch = 0; step < total; epoch++)
        {
            // 2. A new order for every epoch; rankings of like length share a batch.
            foreach (int[] batch in Batches.Shuffled([.. training.Select(r => r.Longest)], options.BatchSize, shuffle, epoch))
            {
                if (step == total)
                    break;
                cancellation.ThrowIfCancellationRequested();

                // 3. Loss and gradient: the mean over the prompts of the batch, however it is cut into parts.
                double loss = 0;
                foreach (int[] part in Batches.Micro(batch, options.MicroBatchSize))
                {
                    using var scope = NewDisposeScope();
                    Fitted[] rows = [.. part.Select(i => training[i])];
                    Tensor scores = RewardScoring.ScoresOf(model, [.. rows.SelectMany(r => r.Rows)]);
                    Tensor share = PairwiseLoss.Mean(scores, PairsOf(rows, model.Device, withMargins: true), options.Centering) * ((double)part.Length / batch.Length);
                    share.backward();
                    loss += share.item<float>();
                    List<ScoredPair> scored = Pairs(rows, [.. scores.detach().cpu().data<float>().Select(s => (double)s)]);
                    right += scored.Sum(p => Statistics.Calibration.MarginCalibration.Correct(p.Margin));
                    margins += scored.Sum(p => p.Margin);
                    pairs += scored.Count;
                }

                // 4. Step.
                double rate = options.LearningRate * Schedules.Cosine(step, warmup, total);
                double norm = GradientClipping.Clip(model.parameters().Select(p => p.grad), options.MaxGradientNorm);
                if (!double.IsFinite(loss + norm))
                    throw new UserError($"training diverged at step {step}: loss {loss}, gradient norm {norm}; a smaller learningRate ({options.LearningRate}) may help");
                adamW.Update(rate);
                step++;
                tokens += batch.Sum(i => (long)training[i].Tokens);
                meter.Add(loss, norm);

                // 5. Report, evaluate.
                if (step % options.LogEvery == 0 || step == total)
                {
                    (lastLoss, lastAccuracy) = (meter.Loss, pairs > 0 ? right / pairs : null);
                    var metrics = new Dictionary<string, double>
                    {
                        ["loss/train"] = meter.Loss,
                        ["gradient_norm"] = meter.Norm,
                        ["lr"] = rate,
                        ["epoch"] = (double)step / perEpoch,
                        ["tokens/s"] = TokensPerSecond(),
                    };
                    if (lastAccuracy is { } accuracy)
                        (metrics["accuracy/train"], metrics["margin/train"]) = (accuracy, margins / pairs);
                    observer.Metrics(step, metrics);
                    observer.Progress(new TrainingProgress("train", step, total, TokensPerSecond()));
                    meter = new LossMeter();
                    (right, pairs, margins) = (0, 0, 0);
                }
                if (evaluation.Count > 0 && step < total && options.EvaluateEvery > 0 && step % options.EvaluateEvery == 0)
                {
                    TimeSpan began = clock.Elapsed;
                    observer.Metrics(step, Evaluate(model, evaluation).Metrics());
                    evaluating += clock.Elapsed - began;
                }
            }
        }

        // 6. What it is worth on prompts that it has not seen.
        double speed = TokensPerSecond();
        RewardEvaluation? last = evaluation.Count > 0 ? Evaluate(model, evaluation) : null;
        if (last is not null)
            observer.Metrics(step, last.Metrics());
        return new RewardResult(step, tokens, lastLoss, lastAccuracy, last, speed);
    }

    /// <summary>Scores rankings without learning from them.</summary>
    public RewardEvaluation Evaluate(ScalarModel model, IReadOnlyList<TokenizedRanking> rankings) => Evaluate(model, Fit(rankings, model.Config));

    private RewardEvaluation Evaluate(ScalarModel model, IReadOnlyList<Fitted> rankings)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        double[] scores = RewardScoring.Raw(model, [.. rankings.SelectMany(r => r.Rows)]);
        double loss = PairwiseLoss.Mean(tensor(scores, ScalarType.Float64), PairsOf(rankings, CPU, withMargins: false, ScalarType.Float64)).item<double>();
        return new RewardEvaluation(rankings.Count, Pairs(rankings, scores), loss);
    }

    private PairSet PairsOf(IReadOnlyList<Fitted> rankings, Device device, bool withMargins, ScalarType dtype = ScalarType.Float32) => PairwiseLoss.PairsOf(
        [.. rankings.Select(r => r.Ranks)], options.Ties, withMargins ? options.MarginPerPlace : 0,
        withMargins && options.MarginPerStrength > 0 ? [.. rankings.Select(r => options.MarginPerStrength * (r.Strength ?? 0))] : null, device, dtype);

    /// <summary>The pairs with an order; <paramref name="scores"/> are those of all rows, ranking after ranking.</summary>
    private static List<ScoredPair> Pairs(IReadOnlyList<Fitted> rankings, double[] scores)
    {
        List<ScoredPair> pairs = [];
        int offset = 0;
        for (int n = 0; n < rankings.Count; n++)
        {
            Fitted r = rankings[n];
            for (int better = 0; better < r.Rows.Length; better++)
            {
                for (int worse = 0; worse < r.Rows.Length; worse++)
                {
                    if (r.Ranks[better] < r.Ranks[worse])
                        pairs.Add(new ScoredPair(n, scores[offset + better] - scores[offset + worse], r.Strength, r.Lengths[better] - r.Lengths[worse]));
                }
            }
            offset += r.Rows.Length;
        }
        return pairs;
    }

    /// <summary>Rankings cut to the length that the model reads; those that compare nothing are left out.</summary>
    private List<Fitted> Fit(IReadOnlyList<TokenizedRanking> rankings, ModelConfig config)
    {
        int most = options.MaxLength > 0 ? Math.Min(options.MaxLength, config.MaxPositions) : config.MaxPositions;
        return [.. rankings.Where(r => r.Completions.Count > 1).Select(r => new Fitted(
            [.. r.Completions.Select(c => Sequences.Fit(r.Prompt, c, most, config.BosId)).Select(f => (int[])[.. f.Prompt, .. f.Completion])],
            [.. r.Ranks], r.Strength, [.. r.Completions.Select(c => c.Length)]))];
    }

    /// <summary>A ranking ready to read: prompt and completion of each in one row.</summary>
    private sealed record Fitted(int[][] Rows, int[] Ranks, double? Strength, int[] Lengths)
    {
        public int Longest { get; } = Rows.Max(r => r.Length);

        public int Tokens { get; } = Rows.Sum(r => r.Length);
    }
}
