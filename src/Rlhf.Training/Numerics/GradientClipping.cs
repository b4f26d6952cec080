using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>Gradient clipping by the joint norm of several tensors (Pascanu et al. 2013), like PyTorch's clip_grad_norm_.</summary>
public static class GradientClipping
{
    /// <summary>
    /// Scales the gradients in place by min(1, maxNorm/(norm + 1e-6)). A <paramref name="maxNorm"/> of 0 turns clipping off.
    /// </summary>
    /// <returns>The joint 2-norm before clipping.</returns>
    public static double Clip(IEnumerable<Tensor?> gradients, double maxNorm)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] present = [.. gradients.OfType<Tensor>()];
        if (present.Length == 0)
            return 0;
        double norm = stack(present.Select(g => g.norm())).norm().to(ScalarType.Float64).item<double>();
        double coefficient = Coefficient(norm, maxNorm);
        if (coefficient < 1)
        {
            foreach (Tensor g in present)
                g.mul_(Number(coefficient));
        }
        return norm;
    }

    /// <summary>The factor that the gradients are multiplied by.</summary>
    public static double Coefficient(double norm, double maxNorm) => maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
}
