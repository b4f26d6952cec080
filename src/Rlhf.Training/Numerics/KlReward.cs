using Rlhf.Core.Options;
using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>From scores and divergences to the reward of each token (Ziegler et al. 2019, equation 2).</summary>
public static class KlReward
{
    /// <summary>Charges completions without an EOS: the score less the penalty, or minus the penalty in its place. All [batch].</summary>
    public static Tensor PenalizeMissingEos(Tensor scores, Tensor containsEos, double penalty, MissingEosPenalty how) => how switch
    {
        MissingEosPenalty.Subtract => scores - containsEos.bitwise_not().to(scores.dtype) * Number(penalty),
        MissingEosPenalty.Set => scores.masked_fill(containsEos.bitwise_not(), Number(-penalty)),
        _ => throw new ArgumentOutOfRangeException(nameof(how)),
    };

    /// <summary>
    /// −β·k at each real token [batch, time], and the score [batch] added at the last one, as in OpenAI's code and verl.
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
