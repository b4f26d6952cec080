using Rlhf.Models;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>The exponential moving average of a policy's weights (Polyak and Juditsky 1992).</summary>
internal sealed class PolicyAverage(CausalLm policy, double decay) : IDisposable
{
    private readonly CausalLm _average = policy.Clone().Frozen();

    /// <summary>average ← decay · average + (1 − decay) · policy.</summary>
    public void Update()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (average, current) in _average.parameters().Zip(policy.parameters()))
            average.lerp_(current, 1 - decay);
    }

    /// <summary>Makes the policy the average.</summary>
    public void Finish() => Weights.Copy(_average, policy);

    public void Dispose() => _average.Dispose();
}
