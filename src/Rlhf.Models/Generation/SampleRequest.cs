namespace Rlhf.Models.Generation;

/// <summary>
/// The random numbers of a completion are a function of these, the stream and the token's position. They do not depend on the batch.
/// </summary>
public readonly record struct DrawKey(uint Update, uint Prompt, uint Sample);

/// <summary>A request for one completion.</summary>
/// <param name="PromptIds">at least one token</param>
/// <param name="Key">selects the random numbers</param>
public sealed record SampleRequest(int[] PromptIds, DrawKey Key);

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>The last token is an EOS.</summary>
    Eos,

    /// <summary>The last token completed a stop string.</summary>
    Stop,

    /// <summary>The maximum number of tokens, or the last position of the model, was reached.</summary>
    Length,
}

/// <summary>One completion.</summary>
/// <param name="Ids">token ids, the EOS included</param>
/// <param name="LogProbs">natural log-probability of each token at the sampling temperature (1 if greedy), before top-k and top-p</param>
/// <param name="Finish">why the completion ended</param>
public sealed record SampledCompletion(int[] Ids, float[] LogProbs, FinishReason Finish);

/// <summary>One sampled token, reported as soon as it is sampled.</summary>
/// <param name="Request">index of the request</param>
/// <param name="Id">token id</param>
/// <param name="Finish">set with the last token</param>
public readonly record struct TokenEvent(int Request, int Id, FinishReason? Finish);
