namespace Rlhf.Training.Numerics;

/// <summary>
/// The weight β of the divergence: fixed, or steered towards a target by the log-space proportional controller of
/// Ziegler et al. 2019, section 2.2. State of the trainer: a new value after each update.
/// </summary>
/// <param name="Coefficient">β now.</param>
/// <param name="Target">Nats a sequence to steer to; null = β stays.</param>
/// <param name="Horizon">Episodes over which the steering acts.</param>
public sealed record KlController(double Coefficient, double? Target = null, double Horizon = 10000)
{
    private const double LargestError = 0.2;

    /// <summary>e = clip(KL/target − 1, ±0.2), β ← β·(1 + e·n/horizon), after <paramref name="episodes"/> more episodes.</summary>
    /// <param name="kl">Mean KL of a sequence, in nats.</param>
    /// <param name="episodes">Episodes since the last call.</param>
    public KlController Update(double kl, int episodes)
    {
        if (Target is not { } target)
            return this;
        double error = Math.Clamp(kl / target - 1, -LargestError, LargestError);
        return this with { Coefficient = Coefficient * (1 + error * episodes / Horizon) };
    }
}
