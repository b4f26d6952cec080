using Rlhf.Models;
using Rlhf.Models.Native;
using Rlhf.Training.Numerics;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>
/// Prompts and completions of one forward pass. Padding is only on the right, so no mask is needed. The logits (or the value) that
/// predict a token are one position before it; only those hidden states go through the output layer. The tensors belong to the dispose
/// scope in which the batch is created.
/// </summary>
/// <param name="Ids">[rows, width] int64.</param>
/// <param name="PredictingPositions">
/// [tokens] int64, index into rows · width of the hidden state that predicts each completion token.
/// </param>
/// <param name="Targets">[tokens] int64, the completion tokens.</param>
/// <param name="Destinations">[tokens] int64, index into rows · time of each completion token.</param>
/// <param name="Rows">The number of completions.</param>
/// <param name="Time">Width of the results: the longest completion of the whole update, not only of these rows.</param>
internal sealed record CompletionBatch(Tensor Ids, Tensor PredictingPositions, Tensor Targets, Tensor Destinations, int Rows, int Time)
{
    public static CompletionBatch Create(IReadOnlyList<int[]> prompts, IReadOnlyList<int[]> completions, int time, Device device)
    {
        int rows = prompts.Count, width = 0;
        for (int row = 0; row < rows; row++)
            width = Math.Max(width, prompts[row].Length + completions[row].Length);
        long[] ids = new long[rows * width];
        List<long> predicting = [], targets = [], destinations = [];
        for (int row = 0; row < rows; row++)
        {
            int start = row * width, prompt = prompts[row].Length;
            for (int i = 0; i < prompt; i++)
                ids[start + i] = prompts[row][i];
            for (int i = 0; i < completions[row].Length; i++)
            {
                ids[start + prompt + i] = completions[row][i];
                predicting.Add(start + prompt + i - 1);
                targets.Add(completions[row][i]);
                destinations.Add((long)row * time + i);
            }
        }
        Tensor Index(List<long> values) => tensor(values.ToArray(), device: device);
        return new CompletionBatch(
            tensor(ids, [rows, width], device: device), Index(predicting), Index(targets), Index(destinations), rows, time);
    }

    /// <summary>
    /// log π of each completion token, and the entropy of its distribution in nats: [rows, time] fp32, 0 at padding.
    /// </summary>
    public (Tensor LogProbs, Tensor Entropy) ComputeLogProbs(CausalLm policy, double temperature)
    {
        Tensor logits = policy.LmHead(GatherCompletionStates(policy.Decoder.HiddenStates(Ids, null)));
        var (logProbs, entropy) = LogProbs.WithEntropy(logits, Targets, temperature);
        return (ScatterToRows(logProbs), ScatterToRows(entropy));
    }

    /// <summary>
    /// The critic's value before each completion token, in units of the normalized reward: [rows, time] fp32, 0 at padding.
    /// </summary>
    public Tensor ComputeValues(ScalarModel critic)
    {
        Tensor raw = critic.Values(Ids, null).flatten().index_select(0, PredictingPositions).to(ScalarType.Float32);
        return ScatterToRows((raw * Number(critic.Config.RewardGain)).Plus(critic.Config.RewardBias));
    }

    private Tensor GatherCompletionStates(Tensor hidden) => hidden.flatten(0, 1).index_select(0, PredictingPositions);

    private Tensor ScatterToRows(Tensor packed) =>
        zeros([(long)Rows * Time], dtype: packed.dtype, device: packed.device).index_copy(0, Destinations, packed).view(Rows, Time);
}
