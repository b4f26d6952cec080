using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>(x − mean) / √(variance + ε) · w + b over the last dimension.</summary>
public sealed class LayerNorm : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    private readonly double _epsilon;

    public LayerNorm(long width, double epsilon, Device device, ScalarType dtype) : base(nameof(LayerNorm))
    {
        _weight = NewParameter.Empty(device, dtype, width);
        _bias = NewParameter.Empty(device, dtype, width);
        _epsilon = epsilon;
        RegisterComponents();
    }

    /// <param name="input">[…, width]</param>
    /// <returns>the same shape</returns>
    public override Tensor forward(Tensor input) => MetaCompatibleOps.LayerNorm(input, _weight, _bias, _epsilon);
}
