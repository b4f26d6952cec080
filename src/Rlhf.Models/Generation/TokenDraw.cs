using Rlhf.Core.Options;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>Samples the next token of each row from its logits and one uniform random number.</summary>
public static class TokenDraw
{
    /// <summary>The smallest positive temperature: with smaller ones, divided logits exceed the range of fp32.</summary>
    public const double MinTemperature = 1e-3;

    // The largest uniform number times the total may round up to the total, which selects no token.
    private const double JustBelowOne = 1 - 4.0 / (1L << 53);

    /// <param name="logits">[batch, vocabulary], unprocessed output of the model</param>
    /// <param name="options">temperature, top-k, top-p, greedy</param>
    /// <param name="uniforms">one number in [0, 1) for each row</param>
    /// <param name="unused">[n] int64, ids that are never sampled; null = none</param>
    /// <returns>
    /// ids [batch] and their natural log-probabilities [batch] under the unfiltered distribution at the temperature; NaN if a row's
    /// logits are NaN
    /// </returns>
    public static (long[] Ids, float[] LogProbs) Next(Tensor logits, SamplingOptions options, double[] uniforms, Tensor? unused = null)
    {
        using var scope = NewDisposeScope();
        bool greedy = IsGreedy(options);
        var full = logits.dtype == ScalarType.Float64 ? logits : logits.to(ScalarType.Float32);
        var scaled = greedy || options.Temperature == 1 ? full : full.div(Number(options.Temperature));
        var logprobs = scaled.log_softmax(-1);
        // Like top-k and top-p: excluded tokens are never sampled, and the reported log-probabilities do not change.
        var drawable = unused is null ? scaled : scaled.index_fill(-1, unused, Number(double.NegativeInfinity));
        var ids = greedy ? drawable.argmax(-1, keepdim: true)
            : Invert(Filter(drawable, unused is null ? logprobs : drawable.log_softmax(-1), options), uniforms);
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

    /// <summary>
    /// Inverse transform sampling: inverts the cumulative distribution over the vocabulary, in fp64. Tokens with probability 0 are never
    /// sampled.
    /// </summary>
    private static Tensor Invert(Tensor logprobs, double[] uniforms)
    {
        var distribution = CumulativeSum.AlongRows(logprobs.to(ScalarType.Float64).exp());
        var points = tensor(uniforms, [uniforms.Length, 1], device: logprobs.device)
            .mul_(distribution.narrow(-1, distribution.shape[^1] - 1, 1)).mul_(Number(JustBelowOne));
        // NaN probabilities have no valid result. The caller detects them by the log-probability.
        return searchsorted(distribution, points, right: true).clamp_(max: Number(distribution.shape[^1] - 1));
    }
}
