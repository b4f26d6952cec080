namespace Rlhf.Models.Generation;

/// <summary>What a completion's draws are a function of, beside the stream and the position: the same wherever and in whatever batch it is sampled.</summary>
public readonly record struct DrawKey(uint Update, uint Prompt, uint Sample);

/// <summary>One completion wanted.</summary>
/// <param name="PromptIds">at least one token</param>
/// <param name="Key">whose draws it takes</param>
public sealed record SampleRequest(int[] PromptIds, DrawKey Key);

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>With an EOS, its last token.</summary>
    Eos,

    /// <summary>With the token that completed a stop string.</summary>
    Stop,

    /// <summary>At the most tokens, or at the model's last position.</summary>
    Length,
}

/// <summary>One completion.</summary>
/// <param name="Ids">its tokens, the EOS included</param>
/// <param name="LogProbs">of each token, at the sampling temperature (1 when greedy), before top-k and top-p</param>
/// <param name="Finish">why it ended</param>
public sealed record SampledCompletion(int[] Ids, float[] LogProbs, FinishReason Finish);

/// <summary>One token as it is drawn.</summary>
/// <param name="Request">index of the request</param>
/// <param name="Position">place in the completion, from 0</param>
/// <param name="Id">the token</param>
/// <param name="LogProb">as in <see cref="SampledCompletion.LogProbs"/></param>
/// <param name="Finish">set with the last token</param>
public readonly record struct TokenEvent(int Request, int Position, int Id, float LogProb, FinishReason? Finish);
