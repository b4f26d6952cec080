using Rlhf.Core;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, algorithm 2) in PyTorch's form, over named parameters, with few operations a parameter
/// and a state that can be written out. Parameters in bf16 or fp16 are kept in fp32 here and rounded after each step: otherwise
/// small steps would be lost.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly List<Slot> _slots = [];
    private readonly double _beta1, _beta2, _epsilon;

    /// <param name="parameters">Names and parameters; those that need no gradient are left out.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decoupled decay.</param>
    /// <param name="decayMatricesOnly">Leaves norms and biases (fewer than two axes) alone.</param>
    public AdamW(IEnumerable<(string Name, Parameter Value)> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 0, bool decayMatricesOnly = true)
    {
        (_beta1, _beta2, _epsilon) = (beta1, beta2, epsilon);
        using var noGradient = no_grad();
        foreach (var (name, value) in parameters.Where(p => p.Value.requires_grad))
        {
            bool narrow = value.dtype is ScalarType.BFloat16 or ScalarType.Float16;
            Tensor? master = narrow ? value.detach().to(ScalarType.Float32).DetachFromDisposeScope() : null;
            Tensor like = master ?? value;
            _slots.Add(new Slot(name, value, master, zeros_like(like).DetachFromDisposeScope(), zeros_like(like).DetachFromDisposeScope(),
                decayMatricesOnly && value.dim() < 2 ? 0 : weightDecay));
        }
    }

    /// <summary>Steps taken.</summary>
    public long Step { get; private set; }

    /// <summary>The moments by name ("exp_avg.…", "exp_avg_sq.…") and, of narrow parameters, the fp32 values ("master.…"); live tensors, not copies.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => _slots.SelectMany(s => s.Master is null
        ? new[] { ("exp_avg." + s.Name, s.Mean), ("exp_avg_sq." + s.Name, s.Square) }
        : [("exp_avg." + s.Name, s.Mean), ("exp_avg_sq." + s.Name, s.Square), ("master." + s.Name, s.Master)]);

    /// <summary>Takes up a state that <see cref="State"/> gave.</summary>
    public void Restore(long step, IReadOnlyDictionary<string, Tensor> state)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, value) in State)
        {
            if (!state.TryGetValue(name, out Tensor? saved) || !saved.shape.SequenceEqual(value.shape))
                throw new UserError($"optimizer state: {name} of shape [{string.Join(", ", value.shape)}] is missing or has another shape");
            value.copy_(saved);
        }
        Step = step;
    }

    /// <summary>One step along the gradients that the parameters hold, then the gradients are dropped.</summary>
    public void Update(double learningRate)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Step++;
        double correction1 = 1 - Math.Pow(_beta1, Step), rootCorrection2 = Math.Sqrt(1 - Math.Pow(_beta2, Step));
        foreach (Slot slot in _slots)
        {
            if (slot.Parameter.grad is not { } gradient)
                continue;
            Tensor target = slot.Master ?? slot.Parameter;
            Tensor g = slot.Master is null ? gradient : gradient.to(ScalarType.Float32);
            if (slot.Decay != 0)
                target.mul_(1 - learningRate * slot.Decay);
            slot.Mean.lerp_(g, 1 - _beta1);
            slot.Square.mul_(_beta2).addcmul_(g, g, 1 - _beta2);
            Tensor denominator = slot.Square.sqrt().div_(rootCorrection2).add_(_epsilon);
            target.addcdiv_(slot.Mean, denominator, -learningRate / correction1);
            if (slot.Master is not null)
                slot.Parameter.copy_(slot.Master);
        }
        ForgetGradients();
    }

    /// <summary>Drops the gradients without a step.</summary>
    public void ForgetGradients()
    {
        foreach (Slot slot in _slots)
            slot.Parameter.grad = null;
    }

    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            slot.Mean.Dispose();
            slot.Square.Dispose();
            slot.Master?.Dispose();
        }
        _slots.Clear();
    }

    private sealed record Slot(string Name, Parameter Parameter, Tensor? Master, Tensor Mean, Tensor Square, double Decay);
}
