using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Training.Numerics;

/// <summary>Log-probabilities of chosen tokens, and entropies, under logits [..., vocabulary].</summary>
public static class LogProbs
{
    /// <summary>
    /// log softmax(logits / temperature) at <paramref name="ids"/> (int64, the shape of the logits without their last axis), and the
    /// entropy of softmax(logits / temperature), in nats. The entropy carries no gradient: it is there to be reported.
    /// </summary>
    public static (Tensor LogProbs, Tensor Entropy) WithEntropy(Tensor logits, Tensor ids, double temperature)
    {
        Tensor all = LogSoftmax(logits, temperature);
        using var noGradient = no_grad();
        Tensor entropy = -(all.exp() * all).sum(-1);
        using var gradient = enable_grad();
        return (At(all, ids), entropy);
    }

    /// <summary>log softmax(logits / temperature), of the logits' shape; in fp32 at least, since bf16 keeps only 3 digits.</summary>
    private static Tensor LogSoftmax(Tensor logits, double temperature)
    {
        Tensor fullPrecision = logits.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? logits.to(ScalarType.Float32) : logits;
        return (temperature == 1 ? fullPrecision : fullPrecision / Number(temperature)).log_softmax(-1);
    }

    private static Tensor At(Tensor logProbabilities, Tensor ids) => logProbabilities.gather(-1, ids.unsqueeze(-1)).squeeze(-1);
}
