using Rlhf.Core.Options;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>Completions cut at their first EOS.</summary>
/// <param name="Ids">[batch, time] int64, pad after the EOS.</param>
/// <param name="Mask">[batch, time] bool, true up to and with the EOS.</param>
/// <param name="Lengths">[batch] int64, real tokens.</param>
/// <param name="ContainsEos">[batch] bool.</param>
public sealed record TruncatedCompletions(Tensor Ids, Tensor Mask, Tensor Lengths, Tensor ContainsEos);

/// <summary>From scores and divergences to the reward of each token (Ziegler et al. 2019, equation 2).</summary>
public static class KlReward
{
    /// <summary>
    /// Ends each row of <paramref name="ids"/> [batch, time] at its first EOS, which still belongs to it; an EOS at the very
    /// last place is an EOS.
    /// </summary>
    public static TruncatedCompletions Truncate(Tensor ids, IReadOnlyList<int> eosIds, int padId)
    {
        using var scope = NewDisposeScope();
        Tensor isEos = zeros_like(ids, ScalarType.Bool);
        foreach (int eos in eosIds)
            isEos = isEos | ids.eq(eos);
        Tensor counted = isEos.to(ScalarType.Int64);
        Tensor mask = (counted.cumsum(1) - counted).eq(0);
        return new TruncatedCompletions(
            ids.masked_fill(mask.bitwise_not(), padId).MoveToOuterDisposeScope(),
            mask.MoveToOuterDisposeScope(),
            mask.sum(1, type: ScalarType.Int64).MoveToOuterDisposeScope(),
            isEos.any(1).MoveToOuterDisposeScope());
    }

    /// <summary>Charges completions without an EOS: the score less the penalty, or minus the penalty in its place. All [batch].</summary>
    public static Tensor PenalizeMissingEos(Tensor scores, Tensor containsEos, double penalty, MissingEosPenalty how) => how switch
    {
        MissingEosPenalty.Subtract => scores - penalty * containsEos.bitwise_not().to(scores.dtype),
        MissingEosPenalty.Set => scores.masked_fill(containsEos.bitwise_not(), -penalty),
        _ => throw new ArgumentOutOfRangeException(nameof(how)),
    };

    /// <summary>
    /// −β·k at each real token [batch, time], and the score [batch] added at the last one, as in OpenAI's code and verl.
    /// </summary>
    public static Tensor PerToken(Tensor kl, Tensor scores, Tensor mask, double coefficient)
    {
        using var scope = NewDisposeScope();
        Tensor nonScore = Masked.Zeroed(kl * -coefficient, mask);
        Tensor last = mask.sum(1, keepdim: true, type: ScalarType.Int64) - 1;
        Tensor place = arange(mask.shape[1], device: mask.device).unsqueeze(0).eq(last);
        return (nonScore + scores.unsqueeze(1) * place).MoveToOuterDisposeScope();
    }
}
