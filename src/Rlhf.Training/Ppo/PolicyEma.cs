using Rlhf.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>
/// The exponential moving average (EMA) of a policy's weights (Polyak and Juditsky 1992). For a policy in bf16 it is kept in fp32,
/// because an increment of a thousandth of the difference would be rounded away.
/// </summary>
internal sealed class PolicyEma : IDisposable
{
    private readonly (Parameter Current, Tensor Average)[] _weights;
    private readonly double _decay;

    public PolicyEma(CausalLm policy, double decay)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        _weights = [.. policy.parameters().Select(p => (p, InFullPrecision(p).clone().DetachFromDisposeScope()))];
        _decay = decay;
    }

    /// <summary>average ← decay · average + (1 − decay) · policy.</summary>
    public void Update()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (current, average) in _weights)
            average.lerp_(InFullPrecision(current), 1 - _decay);
    }

    /// <summary>Copies the average into the policy.</summary>
    public void Finish()
    {
        using var noGradient = no_grad();
        foreach (var (current, average) in _weights)
            current.copy_(average);
    }

    public void Dispose()
    {
        foreach (var (_, average) in _weights)
            average.Dispose();
    }

    private static Tensor InFullPrecision(Tensor x) => x.dtype == ScalarType.BFloat16 ? x.to(ScalarType.Float32) : x;
}
