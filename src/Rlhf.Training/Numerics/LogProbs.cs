using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>Natural log-probabilities of given tokens, and entropies, from logits [..., vocabulary].</summary>
public static class LogProbs
{
    /// <summary>
    /// log softmax(logits / temperature) at <paramref name="ids"/> (int64, the shape of the logits without the last dimension), and the
    /// entropy of softmax(logits / temperature) in nats. The entropy is for reports and has no gradient.
    /// </summary>
    public static (Tensor LogProbs, Tensor Entropy) WithEntropy(Tensor logits, Tensor ids, double temperature)
    {
        Tensor all = LogSoftmax(logits, temperature);
        using var noGradient = no_grad();
        Tensor entropy = -(all.exp() * all).sum(-1);
        using var gradient = enable_grad();
        return (At(all, ids), entropy);
    }

    /// <summary>log softmax(logits / temperature), with the shape of the logits; in fp32 or fp64, because bf16 has only 3 digits.</summary>
    private static Tensor LogSoftmax(Tensor logits, double temperature)
    {
        Tensor fullPrecision = logits.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? logits.to(ScalarType.Float32) : logits;
        return (temperature == 1 ? fullPrecision : fullPrecision / Number(temperature)).log_softmax(-1);
    }

    private static Tensor At(Tensor logProbabilities, Tensor ids) => logProbabilities.gather(-1, ids.unsqueeze(-1)).squeeze(-1);
}
