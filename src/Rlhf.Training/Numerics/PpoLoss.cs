using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// The policy loss and its metrics: scalars, without gradients except for the loss. The tensors belong to the dispose scope in which
/// they were computed.
/// </summary>
/// <param name="Loss">The loss to minimize.</param>
/// <param name="ClipFraction">
/// Share of tokens where the clip is active: ρ is outside of the range, on the side to which the advantage pushes it.
/// </param>
/// <param name="ClipFractionLower">Share of tokens where the dual clip is active.</param>
/// <param name="ApproxKl">Mean of ½(log ρ)².</param>
/// <param name="Ratio">Mean of ρ.</param>
/// <param name="RatioDeviation">Largest |ρ − 1|.</param>
public sealed record PolicyLoss(
    Tensor Loss, Tensor ClipFraction, Tensor ClipFractionLower, Tensor ApproxKl, Tensor Ratio, Tensor RatioDeviation);

/// <summary>
/// The value loss, without its coefficient, and the share of tokens whose clipped term is the larger one. Scalars, which belong to the
/// dispose scope in which they were computed.
/// </summary>
public sealed record ValueLoss(Tensor Loss, Tensor ClipFraction);

/// <summary>
/// The clipped losses of proximal policy optimization (Schulman et al. 2017, equation 7; the value clip as in OpenAI's
/// baselines and lm-human-preferences). All tensors are [batch, time]. For a micro-batch (<see cref="TokenWeights.Rows"/>), all results
/// except the largest deviation are its shares of the minibatch's results: they add up.
/// </summary>
public static class PpoLoss
{
    /// <summary>Σ w·max(−A·ρ, −A·clip(ρ, 1 − low, 1 + high)) with ρ = exp(new − old).</summary>
    /// <param name="newLogProbs">Log-probabilities under the current policy, with gradients.</param>
    /// <param name="oldLogProbs">Log-probabilities under the policy that sampled; equal to the new ones at masked tokens.</param>
    /// <param name="advantages">Advantages A, 0 at masked tokens.</param>
    /// <param name="weights">Token weights of the same rows.</param>
    /// <param name="clipLow">ρ is clipped this far below 1.</param>
    /// <param name="clipHigh">ρ is clipped this far above 1.</param>
    /// <param name="dualClip">c: if A &lt; 0, the loss is at most −A·c (Ye et al. 2020, equation 5). More than 1; null = off.</param>
    public static PolicyLoss Policy(Tensor newLogProbs, Tensor oldLogProbs, Tensor advantages, TokenWeights weights,
        double clipLow, double clipHigh, double? dualClip = null)
    {
        Tensor logRatio = newLogProbs - oldLogProbs;
        Tensor ratio = logRatio.exp();
        Tensor plain = -advantages * ratio;
        Tensor clipped = -advantages * ratio.clamp(Number(1 - clipLow), Number(1 + clipHigh));
        Tensor perToken = maximum(plain, clipped);
        if (dualClip is { } c)
            perToken = minimum(perToken, (-advantages * Number(c)).masked_fill(advantages.ge(Number(0)), Number(double.PositiveInfinity)));
        Tensor loss = (perToken * weights.Loss).sum();

        // The share is computed from the conditions on ρ. Comparing the two products would count rounding as clipping.
        using var noGradient = no_grad();
        Tensor gains = advantages.gt(Number(0)), losses = advantages.lt(Number(0));
        Tensor isClipped = (gains & ratio.gt(Number(1 + clipHigh))) | (losses & ratio.lt(Number(1 - clipLow)));
        Tensor lower = dualClip is { } bound ? (losses & ratio.gt(Number(bound))).mul(weights.Mean).sum() : zeros_like(loss);
        return new PolicyLoss(
            loss,
            isClipped.mul(weights.Mean).sum(),
            lower,
            (logRatio.Square() * weights.Mean).sum() / Number(2),
            (ratio * weights.Mean).sum(),
            (ratio - Number(1)).Square().masked_fill(weights.Mean.eq(Number(0)), Number(0)).amax([]).sqrt());
    }

    /// <summary>½ Σ w·max((v − R)², (clip(v, v_old ± c) − R)²).</summary>
    /// <param name="newValues">Values of the current critic, with gradients.</param>
    /// <param name="oldValues">Values of the critic before the update: the center of the clip range.</param>
    /// <param name="returns">The targets R.</param>
    /// <param name="weights">Token weights of the same rows.</param>
    /// <param name="clipRange">c: new values are clipped to within this distance of the old ones.</param>
    public static ValueLoss Value(Tensor newValues, Tensor oldValues, Tensor returns, TokenWeights weights, double clipRange)
    {
        // Not old + clip(new − old): inside the range it equals new only up to rounding, which would count as clipping.
        Tensor clippedValues = newValues.clamp(oldValues - Number(clipRange), oldValues.Plus(clipRange));
        Tensor plain = (newValues - returns).Square();
        Tensor clipped = (clippedValues - returns).Square();
        Tensor loss = (maximum(plain, clipped) * weights.Loss).sum() / Number(2);

        using var noGradient = no_grad();
        return new ValueLoss(loss, (clipped.gt(plain) * weights.Mean).sum());
    }

    /// <summary>
    /// 1 − Var(R − V)/Var(R) over the real tokens: 1 = the values predict the returns exactly, 0 = no better than their mean. NaN if all
    /// returns are equal, since there is no variance to explain (as in cleanrl). In fp64, so that the variance of equal fp32 numbers is
    /// exactly 0.
    /// </summary>
    public static Tensor ExplainedVariance(Tensor values, Tensor returns, Tensor mask)
    {
        Tensor v = values.to(ScalarType.Float64), r = returns.to(ScalarType.Float64);
        Tensor variance = Masked.Variance(r, mask);
        return (Masked.Variance(r - v, mask) / variance).neg().Plus(1).masked_fill(variance.eq(Number(0)), Number(double.NaN));
    }
}
