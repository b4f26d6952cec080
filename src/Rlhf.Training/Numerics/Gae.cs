using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>Generalized advantage estimation (Schulman et al. 2016, equation 16).</summary>
public static class Gae
{
    /// <summary>
    /// δ_t = r_t + γ·V_{t+1} − V_t and A_t = δ_t + γλ·A_{t+1}, with V = 0 after the end of a row. Returns are A + V, before whitening.
    /// All tensors are [batch, time], with padding on the right, where both results are 0.
    /// </summary>
    public static (Tensor Advantages, Tensor Returns) Estimate(Tensor rewards, Tensor values, Tensor mask, double gamma, double lambda)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor v = Masked.Zeroed(values, mask);
        int time = (int)v.shape[1];
        Tensor next = time == 1 ? zeros_like(v) : cat([v.slice(1, 1, time, 1), zeros_like(v.slice(1, 0, 1, 1))], 1);
        Tensor deltas = Masked.Zeroed(rewards.Plus(next * Number(gamma)) - v, mask);
        var columns = new Tensor[time];
        Tensor? following = null;
        for (int t = time - 1; t >= 0; t--)
        {
            Tensor delta = deltas.select(1, t);
            following = columns[t] = following is null ? delta : delta.Plus(following * Number(gamma * lambda));
        }
        Tensor advantages = Masked.Zeroed(stack(columns, 1), mask);
        return (advantages.MoveToOuterDisposeScope(), Masked.Zeroed(advantages.Plus(v), mask).MoveToOuterDisposeScope());
    }
}
