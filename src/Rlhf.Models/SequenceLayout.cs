using Rlhf.Models.Native;
using TorchSharp;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>
/// Positions and attention mask of one forward pass, computed once for all layers. Rows without padding, or with padding only on the
/// right, need only the causal mask.
/// </summary>
public sealed class SequenceLayout
{
    private SequenceLayout(int start, int length, Tensor? positions, Tensor? bias)
    {
        Start = start;
        Length = length;
        Positions = positions;
        Bias = bias;
    }

    /// <summary>The number of cached tokens per row; 0 without a cache.</summary>
    public int Start { get; }

    /// <summary>The number of tokens per row in this pass.</summary>
    public int Length { get; }

    public int End => Start + Length;

    /// <summary>
    /// Position ids [batch, time]: the number of real tokens before each one in its row; null = Start, Start + 1 … in every row.
    /// </summary>
    public Tensor? Positions { get; }

    /// <summary>
    /// The attention bias, 0 where a query attends to a key and −∞ elsewhere: [batch, 1, time, End], or [batch, 1, 1, End] for one query;
    /// null = only the causal mask.
    /// </summary>
    public Tensor? Bias { get; }

    /// <param name="ids">[batch, time]</param>
    /// <param name="mask">[batch, time], true = real token; null = no padding, or only on the right</param>
    /// <param name="cache">keys and values of previous tokens; null = none</param>
    /// <param name="dtype">number format of the attention</param>
    public static SequenceLayout Create(Tensor ids, Tensor? mask, KvCache? cache, ScalarType dtype)
    {
        int start = cache?.Length ?? 0, length = (int)ids.shape[1];
        var counts = cache?.RealCounts;
        if (counts is null && (mask is null || (cache is null ? IsPaddedRightOnly(mask) : IsAllReal(mask))))
            return new SequenceLayout(start, length, null, null);
        if (mask is null && length == 1)
            return new SequenceLayout(start, length, counts!, cache!.StepBias());

        mask ??= ones([ids.shape[0], length], ScalarType.Bool, ids.device);
        var cumulative = mask.to(ScalarType.Int64).cumsum(1).sub_(Number(1));
        if (counts is not null)
            cumulative.PlusInPlace(counts);
        else
            cumulative.PlusInPlace(start);
        var keys = cache?.KeyMaskWith(mask) ?? mask;
        // The causal mask, shifted by the number of cached tokens.
        var allowed = ones([length, start + length], ScalarType.Bool, ids.device).tril(start).unsqueeze(0).bitwise_and(keys.unsqueeze(1));
        // A padded query attends to itself: a softmax over no keys is NaN, and NaN would spread.
        var itself = eye(length, start + length, ScalarType.Bool, ids.device);
        if (start > 0)
            itself = itself.roll(start, 1);
        var bias = zeros([ids.shape[0], length, start + length], dtype, ids.device)
            .masked_fill_(allowed.bitwise_or(itself).bitwise_not(), Number(double.NegativeInfinity)).unsqueeze(1);
        return new SequenceLayout(start, length, cumulative.clamp_(Number(0)), bias);
    }

    /// <summary>Whether each row begins with a real token and has no real token after padding.</summary>
    private static bool IsPaddedRightOnly(Tensor mask)
    {
        // The meta device has no data to test, so the general case is used.
        if (mask.device_type == DeviceType.META)
            return false;
        using var scope = NewDisposeScope();
        long time = mask.shape[1];
        if (!mask.narrow(1, 0, 1).all().item<bool>())
            return false;
        return time == 1 || !mask.narrow(1, 1, time - 1).gt(mask.narrow(1, 0, time - 1)).any().item<bool>();
    }

    private static bool IsAllReal(Tensor mask)
    {
        if (mask.device_type == DeviceType.META)
            return false;
        using var all = mask.all();
        return all.item<bool>();
    }
}
