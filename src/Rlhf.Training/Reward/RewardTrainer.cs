using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Statistics.Calibration;
using Rlhf.Training.Numerics;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Reward;

/// <summary>The result of training a reward model.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens trained on, without padding.</param>
/// <param name="TrainingLoss">Mean loss over the steps of the last report.</param>
/// <param name="TrainingAccuracy">
/// Accuracy on the pairs of those steps, before each step; null if all are tied.
/// </param>
/// <param name="Evaluation">The final evaluation on the held-out rankings; null if there are none.</param>
/// <param name="TokensPerSecond">Tokens trained on per second, prompts too, without padding and evaluations.</param>
/// <param name="TrainingPairs">Counts of the training pairs.</param>
/// <param name="HeldOutPairs">Counts of the held-out pairs.</param>
public sealed record RewardResult(
    int Steps, long Tokens, double TrainingLoss, double? TrainingAccuracy, RewardEvaluation? Evaluation, double TokensPerSecond,
    PairCounts TrainingPairs, PairCounts HeldOutPairs);

/// <summary>
/// Trains a reward model on rankings of K completions, with all pairs of a prompt in one forward pass (Ouyang et al. 2022).
/// </summary>
public sealed class RewardTrainer(RewardOptions options, ITrainingObserver observer)
{
    /// <summary>Trains <paramref name="model"/> in place. Synchronous, on the calling thread.</summary>
    /// <param name="model">The reward model, on the device and in the number format for training.</param>
    /// <param name="rankings">Rankings to train on, each of two or more completions.</param>
    /// <param name="heldOut">Rankings of other prompts to evaluate on; null = none.</param>
    /// <param name="cancellation">Checked before each step.</param>
    public RewardResult Train(
        ScalarModel model, IReadOnlyList<TokenizedRanking> rankings, IReadOnlyList<TokenizedRanking>? heldOut = null,
        CancellationToken cancellation = default)
    {
        // 1. Truncated rows. Pairs that are then equal are counted and left out.
        heldOut ??= [];
        int length = EffectiveMaxLength(options, model.Config);
        int? bosId = model.Config.BosId;
        PairCounts trainingPairs = RankingRows.Count(rankings, length, bosId), heldOutPairs = RankingRows.Count(heldOut, length, bosId);
        IReadOnlyList<RankingRows> training = RankingRows.Truncate(rankings, length, bosId),
            evaluation = RankingRows.Truncate(heldOut, length, bosId);
        if (training.Count == 0)
            throw new UserError($"rankings: none of the {rankings.Count} rankings compares two completions that differ within {length} "
                + "tokens; nothing to train on");
        observer.Metrics(0, new Dictionary<string, double>
        {
            ["pairs/train"] = trainingPairs.Ordered + trainingPairs.Ties,
            ["pairs/equal"] = trainingPairs.Equal,
            ["pairs/equal_after_cut"] = trainingPairs.EqualAfterCut,
        });

        // 2. Loss: the weighted mean over the prompts of a batch. Accuracy is counted on the scores before the step.
        var seen = new List<ScoredPair>();
        Tensor Loss(int[] part, int[] batch)
        {
            RankingRows[] rows = [.. part.Select(i => training[i])];
            Tensor scores = RewardScoring.ComputeScores(model, [.. rows.SelectMany(r => r.Rows)]);
            seen.AddRange(ScoredPairs(rows, [.. scores.detach().cpu().data<float>().Select(s => (double)s)]));
            return PairwiseLoss.PerPrompt(scores, CreatePairs(rows, model.Device, withMargins: true), options.Centering)
                .sum() / Number(batch.Sum(i => training[i].Weight));
        }

        // 3. Accuracy and margin of the pairs since the last report.
        double? lastAccuracy = null;
        Dictionary<string, double> Report()
        {
            var metrics = new Dictionary<string, double>();
            lastAccuracy = MarginCalibration.Accuracy([.. seen.Select(p => p.Margin)]);
            if (lastAccuracy is { } accuracy)
                (metrics["accuracy/train"], metrics["margin/train"]) = (accuracy, seen.Average(p => p.Margin));
            seen.Clear();
            return metrics;
        }

        // 4. Train, with a new order in every epoch.
        RowSize[] sizes = [.. training.Select(r => r.Size)];
        LoopResult done = EpochLoop.Run(model, options, new RandomStream(options.Seed, "shuffle/rankings"),
            new LoopParts(_ => sizes, Loss, Report, evaluation.Count > 0 ? () => Evaluate(model, evaluation).Metrics() : null), observer,
            cancellation);

        // 5. Evaluate on held-out prompts.
        RewardEvaluation? last = evaluation.Count > 0 ? Evaluate(model, evaluation) : null;
        if (last is not null)
            observer.Metrics(done.Steps, last.Metrics());
        return new RewardResult(done.Steps, done.Tokens, done.Loss, lastAccuracy, last, done.TokensPerSecond, trainingPairs, heldOutPairs);
    }

    /// <summary>Evaluates the model on rankings, without training.</summary>
    public RewardEvaluation Evaluate(ScalarModel model, IReadOnlyList<TokenizedRanking> rankings) =>
        Evaluate(model, RankingRows.Truncate(rankings, EffectiveMaxLength(options, model.Config), model.Config.BosId));

    private RewardEvaluation Evaluate(ScalarModel model, IReadOnlyList<RankingRows> rankings)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        double[] scores = RewardScoring.Raw(model, [.. rankings.SelectMany(r => r.Rows)]);
        PairSet pairs = CreatePairs(rankings, CPU, withMargins: false, ScalarType.Float64);
        double loss = PairwiseLoss.Mean(tensor(scores, ScalarType.Float64), pairs).item<double>();
        return new RewardEvaluation(rankings.Count, ScoredPairs(rankings, scores), loss);
    }

    /// <summary>Maximum tokens of prompt and completion together: maxLength, or the model's maximum.</summary>
    /// <exception cref="UserError">maxLength is more than the positions of the model.</exception>
    public static int EffectiveMaxLength(RewardOptions options, ModelConfig config) => options.MaxLength <= config.MaxPositions
        ? options.MaxLength > 0 ? options.MaxLength : config.MaxPositions
        : throw new UserError($"maxLength: {options.MaxLength} tokens are more than the {config.MaxPositions} positions "
            + $"of {config.DisplayName}; "
            + "lower it, or leave it out");

    private PairSet CreatePairs(
        IReadOnlyList<RankingRows> rankings, Device device, bool withMargins, ScalarType dtype = ScalarType.Float32) =>
        PairwiseLoss.CreatePairs(
        [.. rankings.Select(r => r.Ranks)], options.Ties, withMargins ? options.MarginPerPlace : 0,
        withMargins && options.MarginPerStrength > 0 ? [.. rankings.Select(r => options.MarginPerStrength * (r.Strength ?? 0))] : null,
        device, dtype,
        [.. rankings.Select(r => r.Weight)], [.. rankings.Select(r => r.Texts)]);

    /// <summary>The ordered pairs; <paramref name="scores"/> are the concatenated scores of all rankings.</summary>
    private static List<ScoredPair> ScoredPairs(IReadOnlyList<RankingRows> rankings, double[] scores)
    {
        List<ScoredPair> pairs = [];
        int offset = 0;
        foreach (RankingRows r in rankings)
        {
            pairs.AddRange(r.Pairs.Where(p => !p.IsTie).Select(p => new ScoredPair(
                r.Index, p.Better, p.Worse, scores[offset + p.Better] - scores[offset + p.Worse], r.Strength,
                r.Lengths[p.Better] - r.Lengths[p.Worse])));
            offset += r.Rows.Count;
        }
        return pairs;
    }
}
