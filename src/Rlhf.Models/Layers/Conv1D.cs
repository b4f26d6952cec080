using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>GPT-2's linear layer: y = xW + b, with weight [in, out].</summary>
public sealed class Conv1D : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    public Conv1D(long inputs, long outputs, Device device, ScalarType dtype) : base(nameof(Conv1D))
    {
        _weight = NewParameter.Empty(device, dtype, inputs, outputs);
        _bias = NewParameter.Empty(device, dtype, outputs);
        RegisterComponents();
    }

    /// <param name="input">[…, in]</param>
    /// <returns>[…, out]</returns>
    public override Tensor forward(Tensor input)
    {
        using var transposed = _weight.t();
        return nn.functional.linear(input, transposed, _bias);
    }
}
