using Rlhf.Core.Options;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// How much each token of a minibatch counts. Made once for the whole minibatch and cut into the rows of its micro-batches, so
/// that their losses, gradients and metrics simply add up to those of the minibatch: no mean of means. The tensors belong to the
/// dispose scope in which they were made.
/// </summary>
/// <param name="Loss">[batch, time], what the loss of a token is multiplied by; 0 at masked tokens.</param>
/// <param name="Mean">[batch, time], 1/(number of real tokens) at each real token: what masked means are made of.</param>
public sealed record TokenWeights(Tensor Loss, Tensor Mean)
{
    /// <summary>The weights of all tokens of a minibatch with this mask [batch, time].</summary>
    /// <param name="mask">True at real tokens.</param>
    /// <param name="aggregation">How they become one number.</param>
    /// <param name="dtype">Of the weights.</param>
    /// <param name="longest">The longest possible completion, which need not be among these; 0 = the columns of the mask.</param>
    public static TokenWeights Create(
        Tensor mask, LossAggregation aggregation = LossAggregation.TokenMean, ScalarType dtype = ScalarType.Float32, int longest = 0)
    {
        using var scope = NewDisposeScope();
        Tensor m = mask.to(dtype);
        Tensor mean = m / m.sum();
        Tensor lengths = m.sum(1, keepdim: true);
        // A row without a single token is no sequence: it neither counts nor divides by zero.
        Tensor sequences = lengths.gt(Number(0)).sum();
        Tensor loss = aggregation switch
        {
            LossAggregation.TokenMean => mean,
            LossAggregation.SequenceMeanTokenSum => m / sequences,
            LossAggregation.SequenceMeanTokenMean => m / (lengths.clamp_min(Number(1)) * sequences),
            LossAggregation.SequenceSumOverLength => m / Number(longest > 0 ? longest : mask.shape[1]),
            _ => throw new ArgumentOutOfRangeException(nameof(aggregation)),
        };
        return new TokenWeights(loss.MoveToOuterDisposeScope(), mean.MoveToOuterDisposeScope());
    }

    /// <summary>The rows from <paramref name="start"/> up to <paramref name="end"/>: a micro-batch.</summary>
    public TokenWeights Rows(long start, long end) => new(Loss.slice(0, start, end, 1), Mean.slice(0, start, end, 1));
}
