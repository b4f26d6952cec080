using Rlhf.Models.Native;
using TorchSharp;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>
/// Positions and attention mask of one forward pass, computed once for all layers. Rows without padding, or with
/// padding only after their last token, need no mask beyond the causal one: no real token looks to its right.
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

    /// <summary>How many tokens the cache already holds; 0 without one.</summary>
    public int Start { get; }

    /// <summary>How many tokens a row of this pass has.</summary>
    public int Length { get; }

    public int End => Start + Length;

    /// <summary>Positions [batch, time] = real tokens before this one in its row; null: Start, Start + 1 … in every row.</summary>
    public Tensor? Positions { get; }

    /// <summary>
    /// 0 where a query may see a key and −∞ where not, [batch, 1, time, End], or [batch, 1, 1, End] for one query; null: the causal mask
    /// alone.
    /// </summary>
    public Tensor? Bias { get; }

    /// <param name="ids">[batch, time]</param>
    /// <param name="mask">[batch, time], true = real token; null = all real, or padded on the right only</param>
    /// <param name="cache">what came before, else null</param>
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
        // The causal triangle, shifted by what the cache holds.
        var allowed = ones([length, start + length], ScalarType.Bool, ids.device).tril(start).unsqueeze(0).bitwise_and(keys.unsqueeze(1));
        // A query under padding sees itself, so that no row is without a key (a softmax over nothing is NaN, and NaN spreads).
        var itself = eye(length, start + length, ScalarType.Bool, ids.device);
        if (start > 0)
            itself = itself.roll(start, 1);
        var bias = zeros([ids.shape[0], length, start + length], dtype, ids.device)
            .masked_fill_(allowed.bitwise_or(itself).bitwise_not(), Number(double.NegativeInfinity)).unsqueeze(1);
        return new SequenceLayout(start, length, cumulative.clamp_(Number(0)), bias);
    }

    /// <summary>No real token follows a padded place, and every row begins with a real token.</summary>
    private static bool IsPaddedRightOnly(Tensor mask)
    {
        // Shapes alone say nothing about the numbers: on meta the general way is taken.
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
