using Rlhf.Core;
using Rlhf.Models.Checkpoints;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// How the texts of one model become token ids: the same in fine-tuning, reward model training, PPO, evaluation and scoring, so that one
/// conversation is one sequence everywhere. A prompt begins with the tokenizer's BOS and never ends with an EOS; a completion follows it
/// without a BOS and ends with the EOS.
/// </summary>
/// <param name="tokenizer">the model's tokenizer</param>
/// <param name="config">the model's config</param>
public sealed class ModelTokenizer(Tokenizer tokenizer, ModelConfig config)
{
    private readonly ModelConfig _config = config.WithTokenizer(tokenizer);

    /// <summary>Text to ids and back without anything of the model.</summary>
    public Tokenizer Tokenizer => tokenizer;

    /// <summary>
    /// The id that is appended to a completion: the tokenizer's EOS, else the first of the model's; null where neither names one.
    /// </summary>
    public int? EosId => tokenizer.EosId ?? (_config.EosIds.Count > 0 ? _config.EosIds[0] : null);

    /// <summary>What to tell somebody whose model has no end of text; null where it has one.</summary>
    public string? MissingEosWarning => EosId is not null ? null
        : $"{_config.DisplayName} names no end-of-sequence token (eos_token in tokenizer_config.json, eos_token_id in config.json): "
            + "nothing is appended to completions, and sampling ends only at maxNewTokens";

    /// <summary>
    /// The ids of a prompt. One that is longer than <paramref name="maxTokens"/> (0: as long as it is) loses its beginning, except the BOS.
    /// An empty prompt is the BOS alone (the EOS, where there is no BOS).
    /// </summary>
    /// <exception cref="UserError">The tokenizer gives an id that the model has no embedding for.</exception>
    public int[] Prompt(string text, int maxTokens = 0)
    {
        int[] ids = tokenizer.EncodePrompt(text);
        if (ids.Length == 0 && (tokenizer.BosId ?? EosId) is { } start)
            ids = [start];
        return Checked(maxTokens == 0 ? ids : TokenRows.KeepEnd(ids, maxTokens, tokenizer.BosId));
    }

    /// <summary>The ids of a text that follows a prompt, with the EOS behind it.</summary>
    /// <exception cref="UserError">The tokenizer gives an id that the model has no embedding for.</exception>
    public int[] Completion(string text) => Checked(WithEos(tokenizer.Encode(text, addSpecialTokens: false)));

    /// <summary>The ids of a whole text: a prompt with the EOS behind it.</summary>
    /// <exception cref="UserError">The tokenizer gives an id that the model has no embedding for.</exception>
    public int[] Document(string text) => Checked(WithEos(Prompt(text)));

    /// <summary>
    /// The text of a completion: the text of all ids from where it differs from the prompt's. Decoding the completion alone would lose a
    /// leading space (SentencePiece), or a character whose bytes lie on both sides. Special tokens are left out.
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

    /// <summary>Refuses token ids that came with completions but are not theirs: those of another tokenizer.</summary>
    /// <param name="prompt">token ids of the prompt that they follow</param>
    /// <param name="ids">token ids of each completion</param>
    /// <param name="texts">the text of each completion</param>
    /// <param name="place">file and line, for the message</param>
    /// <exception cref="UserError">An id outside of the vocabulary, ids that read as another text, or not as many as texts.</exception>
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
                throw new UserError($"{place}: the ids of completion {i + 1} read '{JsonPlace.DisplayText(read)}' with the tokenizer "
                    + $"of {tokenizer.Folder}, but its text is '{JsonPlace.DisplayText(texts[i])}'; they are another tokenizer's, or the "
                    + "text was changed: leave \"ids\" out");
        }
    }

    private int[] WithEos(int[] ids) => EosId is { } eos && (ids.Length == 0 || ids[^1] != eos) ? [.. ids, eos] : ids;

    private int[] Checked(int[] ids)
    {
        foreach (int id in ids)
        {
            if (id >= _config.VocabSize)
                throw new UserError($"the tokenizer of {tokenizer.Folder} gives the id {id} "
                    + $"({JsonPlace.DisplayText(tokenizer.TokenOrNull(id) ?? "")}), but the vocabulary of {_config.DisplayName} ends "
                    + $"at {_config.VocabSize - 1}; the tokenizer belongs to another model, or tokens were added to it alone");
        }
        return ids;
    }
}
