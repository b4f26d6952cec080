using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using TorchSharp;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>
/// Initial weights like Hugging Face's: normal with the config's standard deviation; norms 1, biases 0. The random numbers come from C#,
/// so they are equal on all devices.
/// </summary>
internal static class InitialWeights
{
    public static void Draw(nn.Module model, ModelConfig config, RandomStream stream)
    {
        uint index = 0;
        foreach (var (name, parameter) in model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal))
        {
            using var gradients = no_grad();
            if (name.EndsWith(".bias", StringComparison.Ordinal))
                parameter.fill_(Number(0));
            else if (parameter.dim() == 1)
                parameter.fill_(Number(1));
            else
                Normal(parameter, Deviation(name, config), stream, index);
            index++;
        }
    }

    /// <summary>Fills a parameter from N(0, deviation²); element i uses the counters (index, i) of the stream.</summary>
    public static void Normal(Tensor parameter, double deviation, RandomStream stream, uint index)
    {
        if (parameter.device_type == DeviceType.META)
            return;
        float[] values = new float[parameter.numel()];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(deviation * stream.Normal(index, (uint)i));
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        parameter.copy_(tensor(values, parameter.shape));
    }

    /// <summary>GPT-2 divides the initial weights of residual projections by √(2 · layers) (Radford et al. 2019, section 2.3).</summary>
    private static double Deviation(string name, ModelConfig config) =>
        config.Family == ModelFamilies.Gpt2 && name.EndsWith("c_proj.weight", StringComparison.Ordinal)
            ? config.InitializerRange / Math.Sqrt(2.0 * config.Layers)
            : config.InitializerRange;
}
