using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>Creates uninitialized parameters, which are then loaded from a file or filled with random initial values.</summary>
public static class NewParameter
{
    /// <summary>An uninitialized parameter outside of all dispose scopes: it lives as long as its module.</summary>
    public static Parameter Empty(Device device, ScalarType dtype, params long[] shape)
    {
        var parameter = new Parameter(empty(shape, dtype, device), requires_grad: true);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
