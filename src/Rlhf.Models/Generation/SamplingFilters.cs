using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>Filters logits [batch, vocabulary] like the logits warpers of transformers: excluded tokens get −∞.</summary>
public static class SamplingFilters
{
    /// <summary>Keeps the k largest logits, and those equal to the k-th.</summary>
    public static Tensor TopK(Tensor logits, int k)
    {
        using var scope = NewDisposeScope();
        long kept = Math.Min(k, logits.shape[^1]);
        var (values, _) = logits.topk((int)kept, -1);
        return logits.masked_fill(logits.lt(values.narrow(-1, kept - 1, 1)), Number(double.NegativeInfinity)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Keeps the most probable tokens until their probability reaches p, at least one (Holtzman et al. 2020, "The Curious Case of Neural
    /// Text Degeneration"): a token is excluded if it and all less probable tokens together have a probability of at most 1 − p.
    /// </summary>
    public static Tensor TopP(Tensor logits, double p)
    {
        using var scope = NewDisposeScope();
        var (sorted, order) = logits.sort(-1, descending: false, stable: false);
        var drop = CumulativeSum.AlongRows(sorted.softmax(-1)).le(Number(1 - p));
        drop.narrow(-1, drop.shape[^1] - 1, 1).fill_(Number(false));
        return logits.masked_fill(drop.scatter(-1, order, drop), Number(double.NegativeInfinity)).MoveToOuterDisposeScope();
    }
}
