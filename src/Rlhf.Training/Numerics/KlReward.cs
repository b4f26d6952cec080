using Rlhf.Core.Options;
using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>Token rewards from scores and KL estimates (Ziegler et al. 2019, equation 2).</summary>
public static class KlReward
{
    /// <summary>Penalizes completions without an EOS: score − penalty, or −penalty instead of the score. All tensors are [batch].</summary>
    public static Tensor PenalizeMissingEos(Tensor scores, Tensor containsEos, double penalty, MissingEosPenalty how) => how switch
    {
        MissingEosPenalty.Subtract => scores - containsEos.bitwise_not().to(scores.dtype) * Number(penalty),
        MissingEosPenalty.Set => scores.masked_fill(containsEos.bitwise_not(), Number(-penalty)),
        _ => throw new ArgumentOutOfRangeException(nameof(how)),
    };

    /// <summary>
    /// −β·k at each real token [batch, time], plus the score [batch] at the last real token, as in lm-human-preferences and verl.
    /// </summary>
    public static Tensor PerToken(Tensor kl, Tensor scores, Tensor mask, double coefficient)
    {
        using var scope = NewDisposeScope();
        Tensor nonScore = Masked.Zeroed(kl * Number(-coefficient), mask);
        Tensor last = mask.sum(1, keepdim: true, type: ScalarType.Int64) - Number(1);
        Tensor place = TensorArithmetic.Range(0, mask.shape[1], mask.device).unsqueeze(0).eq(last);
        return nonScore.Plus(scores.unsqueeze(1) * place).MoveToOuterDisposeScope();
    }
}
