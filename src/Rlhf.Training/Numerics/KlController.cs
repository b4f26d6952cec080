namespace Rlhf.Training.Numerics;

/// <summary>
/// The coefficient β of the KL penalty: fixed, or adapted towards a target by the log-space proportional controller of
/// Ziegler et al. 2019, section 2.2. Immutable: each update gives a new controller.
/// </summary>
/// <param name="Coefficient">The current β.</param>
/// <param name="Target">Target KL in nats per sequence; null = β is fixed.</param>
/// <param name="Horizon">Horizon of the controller, in episodes.</param>
public sealed record KlController(double Coefficient, double? Target = null, double Horizon = 10000)
{
    private const double LargestError = 0.2;

    /// <summary>e = clip(KL/target − 1, ±0.2), β ← β·(1 + e·n/horizon), after <paramref name="episodes"/> more episodes.</summary>
    /// <param name="kl">Mean KL per sequence, in nats.</param>
    /// <param name="episodes">Episodes since the last call.</param>
    public KlController Update(double kl, int episodes)
    {
        if (Target is not { } target)
            return this;
        double error = Math.Clamp(kl / target - 1, -LargestError, LargestError);
        return this with { Coefficient = Coefficient * (1 + error * episodes / Horizon) };
    }
}
