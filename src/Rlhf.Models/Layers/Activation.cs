using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using TorchSharp.Modules;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>
/// Activation functions by the names of Hugging Face. The variants of GELU differ by up to 1e-3 and are not interchangeable.
/// </summary>
public static class Activation
{
    /// <exception cref="UserError">The name is unknown.</exception>
    public static Func<Tensor, Tensor> FromName(string name) => name switch
    {
        "silu" or "swish" => x => nn.functional.silu(x, inplace: false),
        "gelu" => x => nn.functional.gelu(x),
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => x => nn.functional.gelu(x, GELU.Approximate.tanh, inplace: false),
        "quick_gelu" => x => x.mul(x.mul(Number(1.702)).sigmoid_()),
        "relu" => x => nn.functional.relu(x, inplace: false),
        _ => throw new UserError($"config.json: the activation \"{DisplayText.Text(name)}\" is not known; known are silu, gelu, gelu_new, "
            + "gelu_pytorch_tanh, quick_gelu and relu"),
    };
}
