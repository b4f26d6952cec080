using Rlhf.Core;
using Rlhf.Models;
using static TorchSharp.torch;

namespace Rlhf.Training.Reward;

/// <summary>Scores texts with a reward model, without gradients.</summary>
public static class RewardScoring
{
    /// <summary>The raw score of each row (prompt and completion together), in the order given.</summary>
    /// <param name="model">The reward model.</param>
    /// <param name="rows">Token ids, one text per row.</param>
    /// <param name="batchSize">Rows per forward pass; rows of similar length are batched together.</param>
    /// <exception cref="UserError">A score is NaN or infinite.</exception>
    public static double[] Raw(ScalarModel model, IReadOnlyList<int[]> rows, int batchSize = 64)
    {
        using var noGradient = no_grad();
        double[] scores = new double[rows.Count];
        foreach (int[] batch in Batches.ByLength([.. rows.Select(r => r.Length)], batchSize))
        {
            using var scope = NewDisposeScope();
            float[] part = ComputeScores(model, [.. batch.Select(i => rows[i])]).cpu().data<float>().ToArray();
            for (int i = 0; i < batch.Length; i++)
                scores[batch[i]] = float.IsFinite(part[i]) ? part[i] : throw new UserError(
                    $"the reward model{(model.Config.Folder is { } folder ? " " + folder : "")} gives the score {part[i]} to a text "
                    + $"of {rows[batch[i]].Length} tokens: its weights are damaged, or too large for the number format");
        }
        return scores;
    }

    /// <summary>The normalized scores: gain · raw score + bias of the model's config.</summary>
    public static double[] Normalized(ScalarModel model, IReadOnlyList<int[]> rows, int batchSize = 64) =>
        [.. Raw(model, rows, batchSize).Select(raw => model.Config.RewardGain * raw + model.Config.RewardBias)];

    /// <summary>
    /// The gain and bias that normalize the scores of the reference policy's samples to mean 0 and (biased) variance 1 (Ziegler et al.
    /// 2019, section 2.2). If all scores are equal, the gain is 1.
    /// </summary>
    public static (double Gain, double Bias) Normalization(IReadOnlyCollection<double> rawScores)
    {
        if (rawScores.Count == 0)
            return (1, 0);
        double mean = rawScores.Average();
        double deviation = Math.Sqrt(rawScores.Average(s => (s - mean) * (s - mean)));
        double gain = deviation > 1e-8 ? 1 / deviation : 1;
        return (gain, -mean * gain);
    }

    /// <summary>The raw scores of one forward pass: [rows], fp32, with gradients if they are enabled.</summary>
    internal static Tensor ComputeScores(ScalarModel model, IReadOnlyList<int[]> rows)
    {
        // Right padding with any id: the mask comes from the lengths.
        var (ids, mask) = TokenRows.PadRight(rows, 0, model.Device);
        return model.Scores(ids, mask).to(ScalarType.Float32);
    }
}
