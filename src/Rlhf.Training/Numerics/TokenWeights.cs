using Rlhf.Core.Options;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// The weight of each token of a minibatch. Created once for the whole minibatch and sliced for its micro-batches, so that losses,
/// gradients and metrics of the micro-batches add up to those of the minibatch (no mean of means). The tensors belong to the
/// dispose scope in which they were created.
/// </summary>
/// <param name="Loss">[batch, time], the factor of each token's loss; 0 at masked tokens.</param>
/// <param name="Mean">[batch, time], 1/(number of real tokens) at each real token, for masked means.</param>
public sealed record TokenWeights(Tensor Loss, Tensor Mean)
{
    /// <summary>Creates the weights of a minibatch from its mask [batch, time].</summary>
    /// <param name="mask">True at real tokens.</param>
    /// <param name="aggregation">How token losses are aggregated.</param>
    /// <param name="dtype">Number format of the weights.</param>
    /// <param name="longest">Maximum tokens of a completion, even if none here is as long; 0 = the width of the mask.</param>
    public static TokenWeights Create(
        Tensor mask, LossAggregation aggregation = LossAggregation.TokenMean, ScalarType dtype = ScalarType.Float32, int longest = 0)
    {
        using var scope = NewDisposeScope();
        Tensor m = mask.to(dtype);
        Tensor mean = m / m.sum();
        Tensor lengths = m.sum(1, keepdim: true);
        // A row without tokens is not counted as a sequence, and must not divide by zero.
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

    /// <summary>The weights of rows <paramref name="start"/> to <paramref name="end"/> − 1, a micro-batch.</summary>
    public TokenWeights Rows(long start, long end) => new(Loss.slice(0, start, end, 1), Mean.slice(0, start, end, 1));
}
