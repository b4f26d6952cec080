using Rlhf.Models.Native;
using TorchSharp;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>
/// Operations without a kernel for the meta device, on which shapes are checked without data. There they are composed of other
/// operations with the same result. (The meta kernels of PyTorch are written in Python; libtorch does not contain them.)
/// </summary>
internal static class MetaCompatibleOps
{
    /// <summary>Looks up rows of a table [rows, width] by ids [batch, time]; result [batch, time, width].</summary>
    public static Tensor Rows(Tensor table, Tensor ids)
    {
        // index_select accumulates gradients in a fixed order. Indexing uses atomics, whose order varies.
        if (table.device_type == DeviceType.META)
            return table.index([TensorIndex.Tensor(ids)]);
        using var scope = NewDisposeScope();
        return table.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], table.shape[1]).MoveToOuterDisposeScope();
    }

    /// <summary>Swaps the two halves of the last dimension.</summary>
    public static Tensor SwapHalves(Tensor x)
    {
        long half = x.shape[^1] / 2;
        return x.device_type == DeviceType.META
            ? cat([x.narrow(-1, half, half), x.narrow(-1, 0, half)], -1)
            : x.roll(half, -1);
    }

    /// <summary>(x − mean) / √(variance + ε) · w + b over the last dimension.</summary>
    public static Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        if (x.device_type != DeviceType.META)
            return nn.functional.layer_norm(x, weight.shape, weight, bias, epsilon);
        using var scope = NewDisposeScope();
        var centered = x.sub(x.mean([-1], keepdim: true));
        return centered.mul(centered.Square().mean([-1], keepdim: true).Plus(epsilon).rsqrt()).mul(weight).Plus(bias)
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// softmax(qkᵀ/√head + bias) v over heads [batch, heads, time, head]. Causal, aligned with the first key, if
    /// <paramref name="causal"/> is true and there is no bias.
    /// </summary>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? bias, bool causal)
    {
        if (q.device_type != DeviceType.META)
            return nn.functional.scaled_dot_product_attention(q, k, v, bias!, 0, is_casual: causal);
        using var scope = NewDisposeScope();
        var scores = q.matmul(k.transpose(-2, -1)).div(Number(Math.Sqrt(q.shape[^1])));
        // The causal mask does not change the shape.
        return (bias is null ? scores : scores.Plus(bias)).softmax(-1).matmul(v).MoveToOuterDisposeScope();
    }
}
