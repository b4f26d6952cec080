using Rlhf.Core.Options;
using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// Estimators of KL(π ‖ π_ref) from sampled tokens (J. Schulman 2020, "Approximating KL Divergence"), with
/// d = log π(a) − log π_ref(a). d is not clamped: it may be negative, and only so is the mean of k1 unbiased.
/// </summary>
public static class Kl
{
    /// <summary>The estimate at each token, in nats, with the shape of <paramref name="logProbs"/>, through which gradients flow.</summary>
    public static Tensor Estimate(Tensor logProbs, Tensor referenceLogProbs, KlEstimator estimator)
    {
        Tensor d = logProbs - referenceLogProbs;
        return estimator switch
        {
            KlEstimator.K1 => d,
            KlEstimator.K2 => d.Square() / Number(2),
            KlEstimator.K3 => K3(d),
            KlEstimator.K3StraightThrough => StraightThrough(K3(d), d.Square() / Number(2)),
            _ => throw new ArgumentOutOfRangeException(nameof(estimator)),
        };
    }

    /// <summary>expm1 is accurate near d = 0, where e^(−d) − 1 loses digits.</summary>
    private static Tensor K3(Tensor d) => (-d).expm1().Plus(d);

    /// <summary>A tensor with the value of the first and the gradient of the second argument.</summary>
    private static Tensor StraightThrough(Tensor value, Tensor gradient) => gradient.Plus((value - gradient).detach());
}
