using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>y = xWᵀ + b, with weight [out, in]. Like TorchSharp's Linear, but without random initial values.</summary>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    public Linear(long inputs, long outputs, bool bias, Device device, ScalarType dtype) : base(nameof(Linear))
    {
        _weight = NewParameter.Empty(device, dtype, outputs, inputs);
        _bias = bias ? NewParameter.Empty(device, dtype, outputs) : null;
        RegisterComponents();
    }

    public Parameter Weight => _weight;

    /// <param name="input">[…, in]</param>
    /// <returns>[…, out]</returns>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, _weight, _bias!);
}
