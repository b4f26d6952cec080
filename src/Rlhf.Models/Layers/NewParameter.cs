using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>Parameters without values: whoever builds a model fills them, from a file or from a stream of draws.</summary>
public static class NewParameter
{
    /// <summary>An empty parameter that no dispose scope owns: it lives as long as its module.</summary>
    public static Parameter Empty(Device device, ScalarType dtype, params long[] shape)
    {
        var parameter = new Parameter(empty(shape, dtype, device), requires_grad: true);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
