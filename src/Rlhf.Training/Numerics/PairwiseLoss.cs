using Rlhf.Core.Options;
using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// The pairs of a batch of rankings, as indices into the concatenated scores of all rankings. All tensors are [pairs].
/// </summary>
/// <param name="First">int64, index of the preferred completion (of either one if tied).</param>
/// <param name="Second">int64, index of the other completion.</param>
/// <param name="Preference">Probability that the first is preferred: 1, ½ for a tie, or a soft label.</param>
/// <param name="Margin">Margin of the first's score over the second's.</param>
/// <param name="Weight">The prompt's weight / C(K,2), or 0 for an ignored tie.</param>
/// <param name="CenteringWeight">The prompt's weight / C(K,2) for every pair.</param>
/// <param name="Prompt">int64, index of the pair's prompt.</param>
/// <param name="Prompts">The number of prompts.</param>
/// <param name="TotalWeight">The sum of the prompts' weights.</param>
public sealed record PairSet(
    Tensor First, Tensor Second, Tensor Preference, Tensor Margin, Tensor Weight, Tensor CenteringWeight, Tensor Prompt, int Prompts,
    double TotalWeight);

/// <summary>The loss of a reward model on rankings of K completions (Ouyang et al. 2022, equation 1).</summary>
public static class PairwiseLoss
{
    /// <summary>
    /// All pairs of each prompt. Each of the C(K,2) pairs has the same share of the prompt's weight, even if some pairs are left out.
    /// </summary>
    /// <param name="ranks">One list per prompt: 1 is best, equal ranks are tied.</param>
    /// <param name="ties">How ties enter the loss.</param>
    /// <param name="marginPerPlace">Margin for each place between two ranks.</param>
    /// <param name="strengthMargin">
    /// One number per prompt, from its stated strength: a further margin for each place; null = none.
    /// </param>
    /// <param name="device">Device of the tensors.</param>
    /// <param name="dtype">Number format of all tensors except the indices.</param>
    /// <param name="weights">One weight per prompt, above 0; null = 1 for each.</param>
    /// <param name="texts">
    /// One list per prompt, as in <see cref="RankedPairs.Enumerate"/>: pairs of equal texts are left out; null = all differ.
    /// </param>
    public static PairSet CreatePairs(IReadOnlyList<IReadOnlyList<int>> ranks, TieLoss ties, double marginPerPlace = 0,
        IReadOnlyList<double>? strengthMargin = null, Device? device = null, ScalarType dtype = ScalarType.Float32,
        IReadOnlyList<double>? weights = null, IReadOnlyList<IReadOnlyList<int>>? texts = null)
    {
        List<long> first = [], second = [], prompt = [];
        List<double> preference = [], margin = [], weight = [], centering = [];
        int offset = 0;
        for (int p = 0; p < ranks.Count; p++)
        {
            int count = ranks[p].Count;
            double each = (weights?[p] ?? 1) * 2.0 / (count * (count - 1.0));
            foreach (RankedPair pair in RankedPairs.Enumerate(ranks[p], texts?[p]))
            {
                first.Add(offset + pair.Better);
                second.Add(offset + pair.Worse);
                preference.Add(pair.IsTie ? 0.5 : 1);
                margin.Add((marginPerPlace + (strengthMargin?[p] ?? 0)) * pair.Places);
                weight.Add(pair.IsTie && ties == TieLoss.Nothing ? 0 : each);
                centering.Add(each);
                prompt.Add(p);
            }
            offset += count;
        }
        Tensor Real(List<double> values) => tensor(values.ToArray(), dtype: dtype, device: device);
        Tensor Index(List<long> values) => tensor(values.ToArray(), device: device);
        return new PairSet(Index(first), Index(second), Real(preference), Real(margin), Real(weight), Real(centering), Index(prompt),
            ranks.Count, weights?.Sum() ?? ranks.Count);
    }

    /// <summary>
    /// Weighted mean over prompts of Σ w·(−p·log σ(Δ − m) − (1 − p)·log σ(m − Δ)), Δ = r_first − r_second, and where
    /// <paramref name="centering"/> c &gt; 0 also c times the mean of (r_first + r_second)² over the pairs.
    /// </summary>
    public static Tensor Mean(Tensor rewards, PairSet pairs, double centering = 0) =>
        PerPrompt(rewards, pairs, centering).sum() / Number(pairs.TotalWeight);

    /// <summary>The weighted loss of each prompt: [prompts].</summary>
    public static Tensor PerPrompt(Tensor rewards, PairSet pairs, double centering = 0)
    {
        Tensor a = rewards.gather(0, pairs.First), b = rewards.gather(0, pairs.Second);
        Tensor loss = PerPair(a - b - pairs.Margin, pairs.Preference) * pairs.Weight;
        if (centering > 0)
            loss = loss.Plus(a.Plus(b).Square() * Number(centering) * pairs.CenteringWeight);
        return zeros([pairs.Prompts], dtype: loss.dtype, device: loss.device).scatter_add(0, pairs.Prompt, loss);
    }

    /// <summary>−p·log σ(lead) − (1 − p)·log σ(−lead), [pairs]: cross entropy with the probability p that the first is preferred.</summary>
    public static Tensor PerPair(Tensor lead, Tensor preference) =>
        (preference * MinusLogSigmoid(lead)).Plus(preference.neg().Plus(1) * MinusLogSigmoid(-lead));

    /// <summary>
    /// log(1 + e^(−x)). Not by softplus, because TorchSharp may free its scalar arguments early, nor by log_sigmoid, which meta lacks.
    /// </summary>
    private static Tensor MinusLogSigmoid(Tensor x) => logaddexp(-x, zeros_like(x));
}
