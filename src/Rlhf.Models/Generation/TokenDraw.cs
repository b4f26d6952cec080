using Rlhf.Core.Options;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>The next token of each row from its logits and one uniform number.</summary>
public static class TokenDraw
{
    // The largest uniform number times the sum may round up to the sum itself, where no token is.
    private const double JustBelowOne = 1 - 4.0 / (1L << 53);

    /// <param name="logits">[batch, vocabulary], as the model gives them</param>
    /// <param name="options">temperature, top-k, top-p, greedy</param>
    /// <param name="uniforms">one number in [0, 1) for each row</param>
    /// <returns>ids [batch] and their log-probabilities [batch] under the unfiltered distribution at the temperature</returns>
    public static (long[] Ids, float[] LogProbs) Next(Tensor logits, SamplingOptions options, double[] uniforms)
    {
        using var scope = NewDisposeScope();
        bool greedy = IsGreedy(options);
        var wide = logits.dtype == ScalarType.Float64 ? logits : logits.to(ScalarType.Float32);
        var scaled = greedy || options.Temperature == 1 ? wide : wide.div(options.Temperature);
        var logprobs = scaled.log_softmax(-1);
        var ids = greedy ? scaled.argmax(-1, keepdim: true) : Invert(Filter(scaled, logprobs, options), uniforms);
        var chosen = logprobs.gather(-1, ids).to(ScalarType.Float32);
        return (ids.cpu().data<long>().ToArray(), chosen.cpu().data<float>().ToArray());
    }

    public static bool IsGreedy(SamplingOptions options) => options.Greedy || options.Temperature == 0;

    private static Tensor Filter(Tensor scaled, Tensor logprobs, SamplingOptions options)
    {
        if (options.TopK == 0 && options.TopP >= 1)
            return logprobs;
        var kept = options.TopK > 0 ? SamplingFilters.TopK(scaled, options.TopK) : scaled;
        return (options.TopP < 1 ? SamplingFilters.TopP(kept, options.TopP) : kept).log_softmax(-1);
    }

    /// <summary>The inverse of the distribution function, over the vocabulary in its order, in double precision: a token of probability 0 is never met.</summary>
    private static Tensor Invert(Tensor logprobs, double[] uniforms)
    {
        var distribution = logprobs.to(ScalarType.Float64).exp().cumsum(-1);
        var points = tensor(uniforms, [uniforms.Length, 1], device: logprobs.device)
            .mul_(distribution.narrow(-1, distribution.shape[^1] - 1, 1)).mul_(JustBelowOne);
        return searchsorted(distribution, points, right: true);
    }
}
