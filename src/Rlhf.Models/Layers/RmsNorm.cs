using Rlhf.Models.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>
/// x / √(mean(x²) + ε) · w (Zhang and Sennrich 2019, "Root Mean Square Layer Normalization"); the mean is computed in fp32, as in Llama.
/// </summary>
public sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    private readonly double _epsilon;

    public RmsNorm(long width, double epsilon, Device device, ScalarType dtype) : base(nameof(RmsNorm))
    {
        _weight = NewParameter.Empty(device, dtype, width);
        _epsilon = epsilon;
        RegisterComponents();
    }

    /// <param name="input">[…, width]</param>
    /// <returns>the same shape</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        if (input.dtype is ScalarType.Float32 or ScalarType.Float64)
            return input.mul(InverseRoot(input)).mul(_weight).MoveToOuterDisposeScope();
        var fullPrecision = input.to(ScalarType.Float32);
        return fullPrecision.mul(InverseRoot(fullPrecision)).to(input.dtype).mul(_weight).MoveToOuterDisposeScope();
    }

    private Tensor InverseRoot(Tensor x) => x.Square().mean([-1], keepdim: true).PlusInPlace(_epsilon).rsqrt_();
}
