using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>The special tokens for BOS, EOS and PAD.</summary>
/// <param name="Bos">Beginning of every text, added by Encode with special tokens; null = none.</param>
/// <param name="Eos">End of a text; null = none.</param>
/// <param name="Pad">Padding; null = none.</param>
public sealed record SpecialTokenRoles(string? Bos, string? Eos, string? Pad)
{
    /// <summary>
    /// The first is BOS, the second EOS, the third PAD. If there are fewer, the last one has the remaining roles (GPT-2 has one for all).
    /// </summary>
    public static SpecialTokenRoles InOrder(IReadOnlyList<string> tokens) => tokens.Count == 0
        ? new(null, null, null)
        : new(tokens[0], tokens[Math.Min(1, tokens.Count - 1)], tokens[Math.Min(2, tokens.Count - 1)]);
}

/// <summary>
/// Trains a byte-level BPE vocabulary on texts, like Hugging Face's BpeTrainer: the most frequent pair first, with ties broken by the
/// lowest ids. The same texts give the same tokenizer in any order.
/// </summary>
public static class BpeTrainer
{
    /// <summary>Trains a vocabulary.</summary>
    /// <param name="texts">The texts. Read once; only word counts are kept.</param>
    /// <param name="vocabSize">Size of special tokens, 256 bytes and merges together; smaller if there are no more pairs.</param>
    /// <param name="specialTokens">The special tokens, with ids from 0 in this order.</param>
    /// <param name="minFrequency">Pairs with a lower frequency are not merged.</param>
    /// <param name="roles">Which of them is BOS, EOS and PAD; by default the first three.</param>
    /// <exception cref="UserError">The vocabulary is too small, or a special token is empty, a duplicate or unknown.</exception>
    public static Tokenizer Train(
        IEnumerable<string> texts, int vocabSize, IReadOnlyList<string> specialTokens, int minFrequency = 2,
        SpecialTokenRoles? roles = null)
    {
        int smallest = specialTokens.Count + ByteAlphabet.Characters.Length;
        if (vocabSize < smallest)
            throw new UserError($"a vocabulary of {vocabSize} is too small: {specialTokens.Count} special tokens and 256 bytes "
                + $"need {smallest}");
        roles ??= SpecialTokenRoles.InOrder(specialTokens);
        var vocabulary = new List<string>(vocabSize);
        var ids = new Dictionary<string, int>(vocabSize, StringComparer.Ordinal);
        foreach (string token in specialTokens.Concat(ByteAlphabet.Characters.ToArray().Order().Select(c => c.ToString())))
        {
            if (token.Length == 0 || !ids.TryAdd(token, vocabulary.Count))
                throw new UserError($"the special token '{token}' is empty, a duplicate, or a single byte");
            vocabulary.Add(token);
        }
        foreach (string? role in new[] { roles.Bos, roles.Eos, roles.Pad })
        {
            if (role is not null && !specialTokens.Contains(role))
                throw new UserError($"'{role}' is not among the special tokens {string.Join(", ", specialTokens)}");
        }
        var merges = Learn(CountWords(texts), vocabulary, ids, vocabSize, Math.Max(1, minFrequency));
        return Tokenizer.FromFiles(new TokenizerFiles("the trained tokenizer", new Dictionary<string, byte[]>
        {
            [TokenizerFiles.Tokenizer] = Bytes(TokenizerFile(vocabulary, merges, specialTokens, roles)),
            [TokenizerFiles.Config] = Bytes(ConfigFile(roles)),
        }));
    }

    private static Dictionary<string, long> CountWords(IEnumerable<string> texts)
    {
        var split = PreTokenizers.ByteLevel(addPrefixSpace: false, useRegex: true);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            foreach (Piece word in split([new Piece(EscapedText.FromString(text), AtStart: true)]))
                CollectionsMarshal.GetValueRefOrAddDefault(counts, word.Text, out _)++;
        }
        return counts;
    }

    private static List<(string Left, string Right)> Learn(
        Dictionary<string, long> counts, List<string> vocabulary, Dictionary<string, int> ids, int vocabSize, int minFrequency)
    {
        // Sorted, so that the result does not depend on the order of the texts.
        var words = counts.OrderBy(word => word.Key, StringComparer.Ordinal)
            .Select(word => (Symbols: word.Key.Select(c => ids[c.ToString()]).ToList(), Count: word.Value)).ToArray();
        var pairs = new Dictionary<(int Left, int Right), (long Count, HashSet<int> Words)>();
        var queue = new PriorityQueue<((int Left, int Right) Pair, long Count), (long Negative, int Left, int Right)>();
        for (int w = 0; w < words.Length; w++)
        {
            for (int i = 0; i + 1 < words[w].Symbols.Count; i++)
                Change((words[w].Symbols[i], words[w].Symbols[i + 1]), words[w].Count, w);
        }
        foreach (var (pair, (count, _)) in pairs)
            queue.Enqueue((pair, count), (-count, pair.Left, pair.Right));
        var merges = new List<(string Left, string Right)>();
        while (vocabulary.Count < vocabSize && queue.TryDequeue(out var best, out _))
        {
            var (count, places) = pairs[best.Pair];
            if (count != best.Count)
            {
                // Its count has changed since it was queued: queued again with the current count.
                if (count > 0)
                    queue.Enqueue((best.Pair, count), (-count, best.Pair.Left, best.Pair.Right));
                continue;
            }
            if (count < minFrequency)
                break;
            string left = vocabulary[best.Pair.Left], right = vocabulary[best.Pair.Right];
            if (!ids.TryGetValue(left + right, out int merged))
            {
                merged = vocabulary.Count;
                vocabulary.Add(left + right);
                ids.Add(left + right, merged);
            }
            merges.Add((left, right));
            var changed = new HashSet<(int Left, int Right)>();
            foreach (int w in places)
                MergeIn(words[w].Symbols, best.Pair, merged, words[w].Count, w, changed);
            pairs[best.Pair] = (0, []);
            foreach (var pair in changed)
            {
                if (pairs[pair].Count > 0)
                    queue.Enqueue((pair, pairs[pair].Count), (-pairs[pair].Count, pair.Left, pair.Right));
            }
        }
        return merges;

        void Change((int Left, int Right) pair, long by, int word)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out bool known);
            if (!known)
                entry.Words = [];
            entry.Count += by;
            if (by > 0)
                entry.Words.Add(word);
        }

        void MergeIn(List<int> symbols, (int Left, int Right) pair, int merged, long count, int word,
            HashSet<(int Left, int Right)> changed)
        {
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (symbols[i] != pair.Left || symbols[i + 1] != pair.Right)
                    continue;
                if (i > 0)
                {
                    Change((symbols[i - 1], pair.Left), -count, word);
                    Change((symbols[i - 1], merged), count, word);
                    changed.Add((symbols[i - 1], merged));
                }
                if (i + 2 < symbols.Count)
                {
                    Change((pair.Right, symbols[i + 2]), -count, word);
                    Change((merged, symbols[i + 2]), count, word);
                    changed.Add((merged, symbols[i + 2]));
                }
                symbols[i] = merged;
                symbols.RemoveAt(i + 1);
            }
        }
    }

    private static JsonObject TokenizerFile(
        List<string> vocabulary, List<(string Left, string Right)> merges, IReadOnlyList<string> specialTokens, SpecialTokenRoles roles)
    {
        static JsonObject ByteLevel() =>
            new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        static JsonArray Template(string? bos, params string[] sequences)
        {
            var parts = new JsonArray();
            foreach (string sequence in sequences)
            {
                if (bos is not null)
                    parts.Add(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = bos, ["type_id"] = 0 } });
                parts.Add(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = sequence, ["type_id"] = 0 } });
            }
            return parts;
        }
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. specialTokens.Select((token, id) => new JsonObject
            {
                ["id"] = id,
                ["content"] = token,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            })]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(),
            ["post_processor"] = roles.Bos is not { } bos ? ByteLevel() : new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = Template(bos, "A"),
                ["pair"] = Template(bos, "A", "B"),
                ["special_tokens"] = new JsonObject
                {
                    [bos] = new JsonObject
                    {
                        ["id"] = bos,
                        ["ids"] = new JsonArray(vocabulary.IndexOf(bos)),
                        ["tokens"] = new JsonArray(bos),
                    },
                },
            },
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = new JsonObject(vocabulary.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
                ["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray(merge.Left, merge.Right))]),
            },
        };
    }

    private static JsonObject ConfigFile(SpecialTokenRoles roles)
    {
        var config = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        foreach (var (name, token) in new[] { ("bos_token", roles.Bos), ("eos_token", roles.Eos), ("pad_token", roles.Pad) })
        {
            if (token is not null)
                config[name] = token;
        }
        return config;
    }

    private static byte[] Bytes(JsonObject file) =>
        Encoding.UTF8.GetBytes(file.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");
}
