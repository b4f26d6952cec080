using Rlhf.Core;
using Rlhf.Models.Checkpoints;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// Encodes prompts and completions for one model, in the same way for fine-tuning, reward model training, PPO, evaluation and scoring.
/// A prompt begins with the tokenizer's BOS and has no EOS. A completion has no BOS and ends with the EOS.
/// </summary>
/// <param name="tokenizer">the model's tokenizer</param>
/// <param name="config">the model's config</param>
public sealed class ModelTokenizer(Tokenizer tokenizer, ModelConfig config)
{
    private readonly ModelConfig _config = config.WithTokenizer(tokenizer);

    /// <summary>The tokenizer without the model's rules.</summary>
    public Tokenizer Tokenizer => tokenizer;

    /// <summary>
    /// The id that is appended to a completion: the tokenizer's EOS, else the model's first; null if neither has one.
    /// </summary>
    public int? EosId => tokenizer.EosId ?? (_config.EosIds.Count > 0 ? _config.EosIds[0] : null);

    /// <summary>The warning for a model without an EOS; null if it has one.</summary>
    public string? MissingEosWarning => EosId is not null ? null
        : $"{_config.DisplayName} names no end-of-sequence token (eos_token in tokenizer_config.json, eos_token_id in config.json): "
            + "nothing is appended to completions, and sampling ends only at maxNewTokens";

    /// <summary>
    /// The ids of a prompt, truncated on the left to <paramref name="maxTokens"/> (0 = no limit), keeping the BOS.
    /// An empty prompt becomes the BOS alone, or the EOS if there is no BOS.
    /// </summary>
    /// <exception cref="UserError">The tokenizer gives an id that the model has no embedding for.</exception>
    public int[] EncodePrompt(string text, int maxTokens = 0)
    {
        int[] ids = tokenizer.EncodePrompt(text);
        if (ids.Length == 0 && (tokenizer.BosId ?? EosId) is { } start)
            ids = [start];
        return Checked(maxTokens == 0 ? ids : TokenRows.TruncateLeft(ids, maxTokens, tokenizer.BosId));
    }

    /// <summary>The ids of a completion, followed by the EOS.</summary>
    /// <exception cref="UserError">The tokenizer gives an id that the model has no embedding for.</exception>
    public int[] EncodeCompletion(string text) => Checked(WithEos(tokenizer.Encode(text, addSpecialTokens: false)));

    /// <summary>The ids of a document: encoded like a prompt, followed by the EOS.</summary>
    /// <exception cref="UserError">The tokenizer gives an id that the model has no embedding for.</exception>
    public int[] EncodeDocument(string text) => Checked(WithEos(EncodePrompt(text)));

    /// <summary>
    /// Decodes a completion, as the difference between the text of all ids and the prompt's text. Decoding the completion alone would lose
    /// a leading space (SentencePiece), or a character whose bytes are split between the two. Special tokens are skipped.
    /// </summary>
    public string DecodeCompletion(IReadOnlyList<int> prompt, IReadOnlyList<int> completion)
    {
        string all = tokenizer.Decode([.. prompt, .. completion], skipSpecialTokens: true);
        string before = tokenizer.Decode(prompt, skipSpecialTokens: true);
        int common = all.AsSpan().CommonPrefixLength(before);
        if (common > 0 && char.IsHighSurrogate(all[common - 1]))
            common--;
        return all[common..];
    }

    /// <summary>
    /// Checks token ids that were given with completions: they must decode to the completions' texts with this tokenizer.
    /// </summary>
    /// <param name="prompt">token ids of the prompt</param>
    /// <param name="ids">token ids of each completion</param>
    /// <param name="texts">the text of each completion</param>
    /// <param name="place">file and line, for the message</param>
    /// <exception cref="UserError">
    /// An id is outside of the vocabulary, ids decode to another text, or the numbers of ids and texts differ.
    /// </exception>
    public void CheckSampledIds(int[] prompt, IReadOnlyList<int[]> ids, IReadOnlyList<string> texts, string place)
    {
        if (ids.Count != texts.Count)
            throw new UserError($"{place}: {ids.Count} lists of ids for {texts.Count} completions; give one per completion, or none");
        for (int i = 0; i < ids.Count; i++)
        {
            foreach (int id in ids[i])
            {
                if (id < 0 || id >= _config.VocabSize)
                    throw new UserError($"{place}: ids of completion {i + 1}: {id} is outside of the vocabulary of {_config.DisplayName}; "
                        + $"ids go from 0 to {_config.VocabSize - 1}");
            }
            string read = DecodeCompletion(prompt, ids[i]);
            if (read != texts[i])
                throw new UserError($"{place}: the ids of completion {i + 1} decode to '{JsonPlace.DisplayText(read)}' with the tokenizer "
                    + $"of {tokenizer.Folder}, but its text is '{JsonPlace.DisplayText(texts[i])}'; they are from another tokenizer, or "
                    + "the text was changed: leave \"ids\" out");
        }
    }

    private int[] WithEos(int[] ids) => EosId is { } eos && (ids.Length == 0 || ids[^1] != eos) ? [.. ids, eos] : ids;

    private int[] Checked(int[] ids)
    {
        foreach (int id in ids)
        {
            if (id >= _config.VocabSize)
                throw new UserError($"the tokenizer of {tokenizer.Folder} gives the id {id} "
                    + $"({JsonPlace.DisplayText(tokenizer.IdToTokenOrNull(id) ?? "")}), but the vocabulary of {_config.DisplayName} ends "
                    + $"at {_config.VocabSize - 1}; the tokenizer belongs to another model, or tokens were added to it alone");
        }
        return ids;
    }
}
