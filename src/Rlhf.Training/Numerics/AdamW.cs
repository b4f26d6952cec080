using Rlhf.Core;
using Rlhf.Models.Native;
using TorchSharp.Modules;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, algorithm 2) in PyTorch's form, with few operations per parameter. For parameters in bf16 it keeps
/// master weights and gradients in fp32, and rounds to bf16 after each step. Otherwise small steps, and small gradients of
/// micro-batches, would be lost.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly List<Slot> _slots = [];
    private readonly double _beta1, _beta2, _epsilon;

    /// <param name="parameters">The parameters to optimize; those without requires_grad are ignored.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decoupled weight decay.</param>
    /// <param name="decayMatricesOnly">No weight decay of norms and biases (fewer than two dimensions).</param>
    /// <exception cref="UserError">A parameter is in fp16.</exception>
    public AdamW(IEnumerable<Parameter> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 0, bool decayMatricesOnly = true)
    {
        (_beta1, _beta2, _epsilon) = (beta1, beta2, epsilon);
        using var noGradient = no_grad();
        foreach (Parameter value in parameters.Where(p => p.requires_grad))
        {
            if (value.dtype == ScalarType.Float16)
                throw new UserError("dtype: fp16 is for inference only; in training its small gradients become 0 unless the loss is "
                    + "scaled, which is not offered; use bf16 or fp32");
            Tensor? master = value.dtype == ScalarType.BFloat16 ? value.detach().to(ScalarType.Float32).DetachFromDisposeScope() : null;
            Tensor like = master ?? value;
            _slots.Add(new Slot(value, master, zeros_like(like).DetachFromDisposeScope(), zeros_like(like).DetachFromDisposeScope(),
                decayMatricesOnly && value.dim() < 2 ? 0 : weightDecay));
        }
    }

    /// <summary>The number of steps so far.</summary>
    public long Step { get; private set; }

    /// <summary>
    /// The gradients of the next step, in fp32 or fp64, null for parameters without one. Clipping changes them in place. Complete
    /// after <see cref="Accumulate"/>.
    /// </summary>
    public IEnumerable<Tensor?> Gradients => _slots.Select(s => s.Master is null ? s.Parameter.grad : s.Gradient);

    /// <summary>
    /// Must be called after each backward pass: adds the gradients of bf16 parameters to their fp32 sums. For other parameters autograd
    /// accumulates the gradients itself.
    /// </summary>
    public void Accumulate()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (Slot slot in _slots.Where(s => s.Master is not null))
        {
            if (slot.Parameter.grad is not { } gradient)
                continue;
            if (slot.Gradient is null)
                slot.Gradient = gradient.to(ScalarType.Float32).DetachFromDisposeScope();
            else
                slot.Gradient.PlusInPlace(gradient);
            slot.Parameter.grad = null;
        }
    }

    /// <summary>One optimizer step; then the gradients are cleared.</summary>
    public void Update(double learningRate)
    {
        Accumulate();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Step++;
        double correction1 = 1 - Math.Pow(_beta1, Step), rootCorrection2 = Math.Sqrt(1 - Math.Pow(_beta2, Step));
        foreach (Slot slot in _slots)
        {
            if ((slot.Master is null ? slot.Parameter.grad : slot.Gradient) is not { } gradient)
                continue;
            Tensor target = slot.Master ?? slot.Parameter;
            if (slot.Decay != 0)
                target.mul_(Number(1 - learningRate * slot.Decay));
            slot.Mean.lerp_(gradient, 1 - _beta1);
            slot.Square.mul_(Number(_beta2)).addcmul_(gradient, gradient, Number(1 - _beta2));
            Tensor denominator = slot.Square.sqrt().div_(Number(rootCorrection2)).PlusInPlace(_epsilon);
            target.addcdiv_(slot.Mean, denominator, Number(-learningRate / correction1));
            if (slot.Master is not null)
                slot.Parameter.copy_(slot.Master);
        }
        DropGradients();
    }

    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            slot.Mean.Dispose();
            slot.Square.Dispose();
            slot.Master?.Dispose();
            slot.Gradient?.Dispose();
        }
        _slots.Clear();
    }

    private void DropGradients()
    {
        foreach (Slot slot in _slots)
        {
            slot.Parameter.grad = null;
            slot.Gradient?.Dispose();
            slot.Gradient = null;
        }
    }

    private sealed class Slot(Parameter parameter, Tensor? master, Tensor mean, Tensor square, double decay)
    {
        public Parameter Parameter { get; } = parameter;

        /// <summary>The master weights in fp32, for bf16 parameters; else null.</summary>
        public Tensor? Master { get; } = master;

        /// <summary>The sum of gradients in fp32, for bf16 parameters; null = no gradient since the last step.</summary>
        public Tensor? Gradient { get; set; }

        /// <summary>First moment.</summary>
        public Tensor Mean { get; } = mean;

        /// <summary>Second moment.</summary>
        public Tensor Square { get; } = square;

        public double Decay { get; } = decay;
    }
}
