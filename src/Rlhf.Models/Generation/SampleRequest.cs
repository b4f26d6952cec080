namespace Rlhf.Models.Generation;

/// <summary>
/// The random numbers of a completion are a function of these, of the stream and of the position: not of the batch it is sampled in.
/// </summary>
public readonly record struct DrawKey(uint Update, uint Prompt, uint Sample);

/// <summary>A request for one completion.</summary>
/// <param name="PromptIds">at least one token</param>
/// <param name="Key">which random numbers it uses</param>
public sealed record SampleRequest(int[] PromptIds, DrawKey Key);

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>With an EOS, its last token.</summary>
    Eos,

    /// <summary>With the token that completed a stop string.</summary>
    Stop,

    /// <summary>At the maximum number of tokens, or at the last position of the model.</summary>
    Length,
}

/// <summary>One completion.</summary>
/// <param name="Ids">its tokens, the EOS included</param>
/// <param name="LogProbs">of each token, at the sampling temperature (1 when greedy), before top-k and top-p</param>
/// <param name="Finish">why it ended</param>
public sealed record SampledCompletion(int[] Ids, float[] LogProbs, FinishReason Finish);

/// <summary>One token as it is drawn.</summary>
/// <param name="Request">index of the request</param>
/// <param name="Id">the token</param>
/// <param name="Finish">set with the last token</param>
public readonly record struct TokenEvent(int Request, int Id, FinishReason? Finish);
