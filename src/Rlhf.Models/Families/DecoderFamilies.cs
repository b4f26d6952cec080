using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Models.Families;

/// <summary>Creates the decoder of a config's family, with uninitialized parameters.</summary>
public static class DecoderFamilies
{
    /// <exception cref="UserError">The family is unknown.</exception>
    public static Decoder Create(ModelConfig config, Device device, ScalarType dtype) => config.Family switch
    {
        ModelFamilies.Llama => new Llama(config, device, dtype),
        ModelFamilies.Gpt2 => new Gpt2(config, device, dtype),
        _ => throw ModelFamilies.Unknown(config.Family),
    };
}
