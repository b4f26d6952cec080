using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>
/// How far the ratios of an update's first minibatch may differ from 1. They compare the policy with itself, so only rounding should
/// differ: sampler and trainer batch, pad and cache differently, and therefore sum in another order.
/// </summary>
internal static class RatioTolerance
{
    /// <summary>The minimum tolerance; small models in fp32 are far below it.</summary>
    private const double Least = 1e-4;

    /// <summary>
    /// Measured deviations are at most a tenth of the estimate. A real disagreement (temperature, mask, position) is 0.01 or more.
    /// </summary>
    private const double Safety = 64;

    /// <summary>
    /// Rounding errors are assumed to be independent (Higham and Mary 2019, "A New Approach to Probabilistic Rounding Error Analysis"): the
    /// error of a sum of n products is about u·√n, and that of L consecutive layers √L times as large. In bf16, products are summed in fp32
    /// and each sum is rounded once, regardless of n. Logits, and therefore their errors, are divided by the temperature.
    /// </summary>
    public static double Estimate(ScalarType dtype, ModelConfig config, double temperature)
    {
        double unit = UnitRoundoff(dtype), width = dtype == ScalarType.BFloat16 ? 1 : config.HiddenSize;
        return Math.Max(Least, Safety * unit * Math.Sqrt(width * (config.Layers + 1)) / temperature);
    }

    private static double UnitRoundoff(ScalarType dtype) => dtype switch
    {
        ScalarType.BFloat16 => Math.ScaleB(1, -8),
        // Log-probabilities are stored in fp32, even for fp64 models.
        _ => Math.ScaleB(1, -24),
    };
}
