using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>Sums and means over unmasked entries (mask true). Masked entries have no effect, even if they are NaN.</summary>
public static class Masked
{
    /// <summary>Sum of the entries where <paramref name="mask"/> is true. Both have the same shape; the result is a scalar.</summary>
    public static Tensor Sum(Tensor x, Tensor mask) => Zeroed(x, mask).sum();

    /// <summary>Mean of the entries where <paramref name="mask"/> is true.</summary>
    public static Tensor Mean(Tensor x, Tensor mask) => Sum(x, mask) / mask.sum();

    /// <summary>Biased variance of the entries where <paramref name="mask"/> is true (division by their count).</summary>
    public static Tensor Variance(Tensor x, Tensor mask) => Mean((x - Mean(x, mask)).Square(), mask);

    /// <summary>
    /// (x − μ) / √(σ² + 1e-8), with the biased variance, as in OpenAI's lm-human-preferences. If <paramref name="shiftMean"/> is false,
    /// μ is added again. Masked entries become 0.
    /// </summary>
    public static Tensor Whiten(Tensor x, Tensor mask, bool shiftMean = true)
    {
        using var scope = NewDisposeScope();
        Tensor mean = Mean(x, mask);
        Tensor whitened = (x - mean) * Variance(x, mask).Plus(1e-8).rsqrt();
        return Zeroed(shiftMean ? whitened : whitened.Plus(mean), mask).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// x, with 0 at masked entries. Uses masked_fill and bitwise_not, because where and logical_not do not support the meta device.
    /// </summary>
    public static Tensor Zeroed(Tensor x, Tensor mask) => x.masked_fill(mask.bitwise_not(), Number(0));
}
