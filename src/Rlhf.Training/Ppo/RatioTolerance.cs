using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>
/// How far the ratios of an update's first minibatch may be off 1. They compare the same policy with itself, so that rounding is the
/// only difference: sampler and trainer batch, pad and cache differently, and add up in another order.
/// </summary>
internal static class RatioTolerance
{
    /// <summary>Small models in fp32 stay below this by far.</summary>
    private const double Least = 1e-4;

    /// <summary>
    /// Measured deviations are a tenth of the estimate or less; a true disagreement (temperature, mask, position) is at 0.01 or more.
    /// </summary>
    private const double Safety = 64;

    /// <summary>
    /// Roundings are taken as independent (Higham and Mary 2019, "A New Approach to Probabilistic Rounding Error Analysis"): a sum of n
    /// products is off by about u·√n, and L layers one after the other by √L times that. In bf16 products are added up in fp32 and each
    /// sum is rounded once, whatever its width. Logits are divided by the temperature, and so are their errors.
    /// </summary>
    public static double Of(ScalarType dtype, ModelConfig config, double temperature)
    {
        double unit = UnitRoundoff(dtype), width = dtype == ScalarType.BFloat16 ? 1 : config.HiddenSize;
        return Math.Max(Least, Safety * unit * Math.Sqrt(width * (config.Layers + 1)) / temperature);
    }

    private static double UnitRoundoff(ScalarType dtype) => dtype switch
    {
        ScalarType.BFloat16 => Math.ScaleB(1, -8),
        // Log-probabilities are kept in fp32, also those of fp64 models.
        _ => Math.ScaleB(1, -24),
    };
}
