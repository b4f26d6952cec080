using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Models.Families;

/// <summary>From a config to the decoder of its family, with parameters that hold no values yet.</summary>
public static class DecoderFamilies
{
    /// <exception cref="UserError">A family that is not known here.</exception>
    public static Decoder Create(ModelConfig config, Device device, ScalarType dtype) => config.Family switch
    {
        ModelFamilies.Llama => new Llama(config, device, dtype),
        ModelFamilies.Gpt2 => new Gpt2(config, device, dtype),
        _ => throw ModelFamilies.Unknown(config.Family),
    };
}
