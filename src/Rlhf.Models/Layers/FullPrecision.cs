using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>Operations that are computed in fp32 even if a model's weights are bf16 or fp16.</summary>
internal static class FullPrecision
{
    /// <summary>y = xWᵀ in fp32 (fp64 stays fp64).</summary>
    /// <param name="x">[…, in]</param>
    /// <param name="weight">[out, in]</param>
    /// <returns>[…, out]</returns>
    public static Tensor Linear(Tensor x, Tensor weight)
    {
        if (x.dtype is ScalarType.Float32 or ScalarType.Float64)
            return nn.functional.linear(x, weight);
        using var scope = NewDisposeScope();
        return nn.functional.linear(x.to(ScalarType.Float32), weight.to(ScalarType.Float32)).MoveToOuterDisposeScope();
    }
}
