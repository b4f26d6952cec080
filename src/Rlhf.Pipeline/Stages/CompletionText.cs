using Rlhf.Models.Tokenization;

namespace Rlhf.Pipeline.Stages;

/// <summary>The text of a completion, and the ids of a prompt.</summary>
public static class CompletionText
{
    /// <summary>
    /// Decode of all ids less decode of the prompt: some tokenizers begin a text, but not a continuation, without its blank.
    /// </summary>
    public static string Decode(Tokenizer tokenizer, int[] prompt, int[] completion)
    {
        string all = tokenizer.Decode([.. prompt, .. completion], skipSpecialTokens: true);
        string before = tokenizer.Decode(prompt, skipSpecialTokens: true);
        return all.StartsWith(before, StringComparison.Ordinal) ? all[before.Length..] : tokenizer.Decode(completion, skipSpecialTokens: true);
    }

    /// <summary>
    /// The ids of a prompt with the tokenizer's special tokens, cut from the left to <paramref name="most"/> (0: whole) behind a
    /// beginning-of-sequence id. A prompt without ids becomes that id alone.
    /// </summary>
    public static int[] PromptIds(Tokenizer tokenizer, string prompt, int most)
    {
        int[] ids = tokenizer.Encode(prompt, addSpecialTokens: true);
        if (ids.Length == 0 && (tokenizer.BosId ?? tokenizer.EosId) is { } start)
            return [start];
        if (most == 0 || ids.Length <= most)
            return ids;
        bool begins = ids[0] == tokenizer.BosId;
        return begins ? [ids[0], .. ids[^Math.Max(0, most - 1)..]] : ids[^most..];
    }
}
