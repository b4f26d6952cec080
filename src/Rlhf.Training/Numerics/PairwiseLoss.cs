using Rlhf.Core.Options;
using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// The pairs of a batch of rankings, as indexes into its scores, laid end to end prompt after prompt. All [pairs].
/// </summary>
/// <param name="First">int64, place of the completion that is preferred (either one at a tie).</param>
/// <param name="Second">int64, place of the other.</param>
/// <param name="Preference">The share that prefers the first: 1, ½ at a tie, or a soft label.</param>
/// <param name="Margin">By how much the first should lead.</param>
/// <param name="Weight">The prompt's weight over C(K,2), or 0 where a tie is left out.</param>
/// <param name="CenteringWeight">The prompt's weight over C(K,2) for every pair.</param>
/// <param name="Prompt">int64, the prompt that a pair belongs to.</param>
/// <param name="Prompts">How many prompts there are.</param>
/// <param name="TotalWeight">The sum of the prompts' weights.</param>
public sealed record PairSet(
    Tensor First, Tensor Second, Tensor Preference, Tensor Margin, Tensor Weight, Tensor CenteringWeight, Tensor Prompt, int Prompts,
    double TotalWeight);

/// <summary>The loss of a reward model on rankings of K completions (Ouyang et al. 2022, equation 1).</summary>
public static class PairwiseLoss
{
    /// <summary>
    /// All pairs of each prompt; each of its C(K,2) pairs has the same part of the prompt's weight, also where some of them are left out.
    /// </summary>
    /// <param name="ranks">One list per prompt: 1 is best, equal ranks tie.</param>
    /// <param name="ties">What a tie adds.</param>
    /// <param name="marginPerPlace">Margin for each place between two ranks.</param>
    /// <param name="strengthMargin">
    /// One number per prompt, from its stated strength: margin for each place as well, added to the other; null = none.
    /// </param>
    /// <param name="device">Where the tensors shall lie.</param>
    /// <param name="dtype">Of everything but the indexes.</param>
    /// <param name="weights">One per prompt, above 0; null = 1 for each.</param>
    /// <param name="texts">
    /// One list per prompt, as in <see cref="RankedPairs.Of"/>: pairs of equal texts are left out; null = all differ.
    /// </param>
    public static PairSet PairsOf(IReadOnlyList<IReadOnlyList<int>> ranks, TieLoss ties, double marginPerPlace = 0,
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
            foreach (RankedPair pair in RankedPairs.Of(ranks[p], texts?[p]))
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

    /// <summary>The same for each prompt by itself, times its weight: [prompts].</summary>
    public static Tensor PerPrompt(Tensor rewards, PairSet pairs, double centering = 0)
    {
        Tensor a = rewards.gather(0, pairs.First), b = rewards.gather(0, pairs.Second);
        Tensor loss = OfPairs(a - b - pairs.Margin, pairs.Preference) * pairs.Weight;
        if (centering > 0)
            loss = loss.Plus(a.Plus(b).Square() * Number(centering) * pairs.CenteringWeight);
        return zeros([pairs.Prompts], dtype: loss.dtype, device: loss.device).scatter_add(0, pairs.Prompt, loss);
    }

    /// <summary>−p·log σ(lead) − (1 − p)·log σ(−lead), [pairs]: cross entropy against the share p that prefers the first.</summary>
    public static Tensor OfPairs(Tensor lead, Tensor preference) =>
        (preference * MinusLogSigmoid(lead)).Plus(preference.neg().Plus(1) * MinusLogSigmoid(-lead));

    /// <summary>log(1 + e^(−x)); not TorchSharp's softplus, whose numbers nothing keeps alive, nor log_sigmoid, which meta lacks.</summary>
    private static Tensor MinusLogSigmoid(Tensor x) => logaddexp(-x, zeros_like(x));
}
