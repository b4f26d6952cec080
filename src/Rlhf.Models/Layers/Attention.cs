using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>Causal grouped-query attention (Ainslie et al. 2023, "GQA").</summary>
public static class Attention
{
    /// <param name="queries">[batch, time, heads, head]</param>
    /// <param name="keys">[batch, time, kv heads, head]</param>
    /// <param name="values">[batch, time, kv heads, head]</param>
    /// <param name="layout">positions and attention mask</param>
    /// <param name="cache">the cache to which keys and values are appended; null = no cache</param>
    /// <param name="layer">index of the layer in the cache</param>
    /// <returns>[batch, time, heads · head]</returns>
    public static Tensor ScaledDotProduct(Tensor queries, Tensor keys, Tensor values, SequenceLayout layout, KvCache? cache, int layer)
    {
        using var scope = NewDisposeScope();
        long batch = queries.shape[0], time = queries.shape[1], heads = queries.shape[2], size = queries.shape[3], kvHeads = keys.shape[2];
        var q = queries.transpose(1, 2);
        var k = keys.transpose(1, 2);
        var v = values.transpose(1, 2);
        if (cache is not null)
            (k, v) = cache.Append(layer, k, v);

        // One query per row: the query heads of a group become several queries of their key head, so keys need not be repeated.
        if (time == 1)
        {
            var grouped = q.reshape(batch, kvHeads, heads / kvHeads, size);
            return MetaCompatibleOps.Attend(grouped, k, v, layout.Bias, causal: false)
                .reshape(batch, 1, heads * size).MoveToOuterDisposeScope();
        }
        if (heads != kvHeads)
        {
            k = Repeat(k, heads / kvHeads);
            v = Repeat(v, heads / kvHeads);
        }
        // "is_causal" aligns queries with the first key. With cached keys before them an explicit mask is needed.
        var bias = layout.Bias;
        if (bias is null && layout.Start > 0)
        {
            bias = zeros([time, layout.End], q.dtype, q.device)
                .masked_fill_(ones([time, layout.End], ScalarType.Bool, q.device).tril(layout.Start).bitwise_not(),
                    Number(double.NegativeInfinity));
        }
        return MetaCompatibleOps.Attend(q, k, v, bias, causal: bias is null)
            .transpose(1, 2).reshape(batch, time, heads * size).MoveToOuterDisposeScope();
    }

    private static Tensor Repeat(Tensor x, long times)
    {
        long[] shape = x.shape;
        return x.unsqueeze(2).expand(shape[0], shape[1], times, shape[2], shape[3]).reshape(shape[0], shape[1] * times, shape[2], shape[3]);
    }
}
