using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>
/// Metrics of a batch of completions before the optimization phase (TRL's objective/*): means over completions.
/// </summary>
/// <param name="Kl">Sum of the KL estimates over a completion's tokens, nats.</param>
/// <param name="NonScoreReward">Sum of −β·k over a completion's tokens.</param>
/// <param name="Scores">Score, after the penalty for a missing EOS.</param>
/// <param name="RlhfReward">Score + non-score reward.</param>
/// <param name="Entropy">Sum of −log π over a completion's tokens, nats.</param>
public sealed record PpoSummary(double Kl, double NonScoreReward, double Scores, double RlhfReward, double Entropy)
{
    /// <param name="logProbs">[batch, time], under the policy that sampled.</param>
    /// <param name="kl">[batch, time], KL estimate of each token.</param>
    /// <param name="scores">[batch].</param>
    /// <param name="mask">[batch, time].</param>
    /// <param name="coefficient">β.</param>
    public static PpoSummary Create(Tensor logProbs, Tensor kl, Tensor scores, Tensor mask, double coefficient)
    {
        using var scope = NewDisposeScope();
        double Mean(Tensor perCompletion) => perCompletion.mean().to(ScalarType.Float64).item<double>();
        double divergence = Mean(Masked.Zeroed(kl, mask).sum(1)), score = Mean(scores);
        double nonScore = -coefficient * divergence;
        return new PpoSummary(divergence, nonScore, score, score + nonScore, Mean(-Masked.Zeroed(logProbs, mask).sum(1)));
    }
}
