using Rlhf.Core.Options;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

/// <summary>
/// Every loss also runs on meta tensors in bf16: no code assumes the CPU or fp32. (Backward does not: clamp's gradient has no meta kernel.)
/// </summary>
public sealed class MetaTests
{
    private const int Batch = 4, Time = 6, Vocabulary = 16;

    private static Tensor Real(params long[] shape) => empty(shape, dtype: ScalarType.BFloat16, device: META);

    private static Tensor Mask => empty([Batch, Time], dtype: ScalarType.Bool, device: META);

    [Fact]
    public void Ppo_runs_on_meta_in_bf16()
    {
        using var scope = NewDisposeScope();
        Tensor ids = zeros([Batch, Time], ScalarType.Int64, META), logits = Real(Batch, Time, Vocabulary).requires_grad_();
        Tensor mask = Mask;
        var (fresh, _) = LogProbs.WithEntropy(logits, ids, 0.7);
        Tensor old = fresh.detach(), values = Real(Batch, Time).requires_grad_();
        Tensor scores = KlReward.PenalizeMissingEos(
            Real(Batch), empty([Batch], dtype: ScalarType.Bool, device: META), 1, MissingEosPenalty.Subtract);
        foreach (KlEstimator estimator in Enum.GetValues<KlEstimator>())
        {
            Tensor kl = Kl.Estimate(fresh, old, estimator);
            Tensor rewards = Masked.Whiten(KlReward.PerToken(kl.detach(), scores, mask, 0.1), mask, shiftMean: false);
            var (advantages, returns) = Gae.Estimate(rewards, values, mask, 1, 0.95);
            foreach (LossAggregation aggregation in Enum.GetValues<LossAggregation>())
            {
                var weights = TokenWeights.Create(mask, aggregation);
                Tensor loss = PpoLoss.Policy(fresh, old, Masked.Whiten(advantages, mask), weights, 0.2, 0.2, 3).Loss
                    + PpoLoss.Value(values, values.detach(), returns, weights, 0.2).Loss + kl.mean();
                Assert.Empty(loss.shape);
                Assert.Equal("meta", loss.device.type.ToString(), ignoreCase: true);
            }
        }
        Assert.Equal([Batch, Time], Masked.Zeroed(Real(Batch, Time), Mask).shape);
    }

    [Fact]
    public void Reward_loss_runs_on_meta_in_bf16()
    {
        using var scope = NewDisposeScope();
        Tensor rewards = Real(5).requires_grad_();
        PairSet pairs = PairwiseLoss.CreatePairs([[1, 2], [1, 1, 2]], TieLoss.Half, 0.1, device: META, dtype: ScalarType.BFloat16);
        Tensor loss = PairwiseLoss.Mean(rewards, pairs, 0.01);
        Assert.Empty(loss.shape);
    }
}
