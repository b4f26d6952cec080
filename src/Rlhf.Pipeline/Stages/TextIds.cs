using Rlhf.Models.Tokenization;

namespace Rlhf.Pipeline.Stages;

/// <summary>Texts as token ids for training.</summary>
public static class TextIds
{
    /// <summary>With the tokenizer's end-of-sequence id at the end, where it has one.</summary>
    public static int[] Ended(Tokenizer tokenizer, int[] ids) =>
        tokenizer.EosId is { } eos && (ids.Length == 0 || ids[^1] != eos) ? [.. ids, eos] : ids;

    /// <summary>The ids of a text that follows a prompt: no special tokens before it, the end of the text behind it.</summary>
    public static int[] Completion(Tokenizer tokenizer, string text) => Ended(tokenizer, tokenizer.Encode(text, addSpecialTokens: false));
}
