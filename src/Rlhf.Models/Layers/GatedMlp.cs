using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>down(act(gate(x)) · up(x)) (Shazeer 2020, "GLU Variants Improve Transformer").</summary>
public sealed class GatedMlp : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "gate_proj")]
    private readonly Linear _gate;

    [ComponentName(Name = "up_proj")]
    private readonly Linear _up;

    [ComponentName(Name = "down_proj")]
    private readonly Linear _down;

    private readonly Func<Tensor, Tensor> _activation;

    public GatedMlp(long width, long inner, bool bias, string activation, Device device, ScalarType dtype) : base(nameof(GatedMlp))
    {
        _gate = new Linear(width, inner, bias, device, dtype);
        _up = new Linear(width, inner, bias, device, dtype);
        _down = new Linear(inner, width, bias, device, dtype);
        _activation = Activation.FromName(activation);
        RegisterComponents();
    }

    /// <param name="input">[batch, time, width]</param>
    /// <returns>[batch, time, width]</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _down.forward(_activation(_gate.forward(input)).mul(_up.forward(input))).MoveToOuterDisposeScope();
    }
}
