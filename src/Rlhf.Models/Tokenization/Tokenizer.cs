using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// Encodes text to token ids and decodes it, compatible with Hugging Face's tokenizers: byte-level BPE and BPE with byte fallback, from
/// tokenizer.json or from GPT-2's vocab.json with merges.txt. Thread-safe.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerFiles _files;
    private readonly TokenizerParts _parts;
    private readonly PostProcessor _postProcessor;
    private readonly Dictionary<string, AddedToken> _added = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _addedById = [];
    private readonly HashSet<string> _special = new(StringComparer.Ordinal);
    private readonly AddedTokenMatcher _rawMatcher;
    private readonly AddedTokenMatcher _normalizedMatcher;
    private readonly Lazy<string> _fingerprint;

    private Tokenizer(TokenizerFiles files, TokenizerParts parts)
    {
        _files = files;
        _parts = parts;
        SpecialTokens special = SpecialTokens.Read(files, parts.Model);
        foreach (AddedToken token in parts.AddedTokens.Concat(special.Added))
            Add(token);
        if (!files.Has(TokenizerFiles.Tokenizer) && special.ByRole.Count == 0)
            special = special with { ByRole = Gpt2Roles(parts.Model) };
        foreach (string content in special.ByRole.Values)
        {
            if (!_added.ContainsKey(content) && parts.Model.Vocabulary.TryGetValue(content, out int id))
                Add(new AddedToken(content, id));
            _special.Add(content);
        }
        BosId = IdOfRole(special, "bos_token");
        EosId = IdOfRole(special, "eos_token");
        PadId = IdOfRole(special, "pad_token");
        UnkId = IdOfRole(special, "unk_token") ?? parts.Model.UnkId;
        VocabSize = 1 + parts.Model.Vocabulary.Values.Concat(_addedById.Keys).DefaultIfEmpty(-1).Max();
        _postProcessor = ChoosePostProcessor(special);
        _rawMatcher = new AddedTokenMatcher(_added.Values.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        _normalizedMatcher = new AddedTokenMatcher(_added.Values.Where(t => t.Normalized).Select(t => (parts.Normalize(t.Content), t)));
        _fingerprint = new Lazy<string>(() => TokenizerFingerprint.Compute(this, parts.Model));
    }

    /// <summary>The folder it was loaded from; "the trained tokenizer" for one that was trained here.</summary>
    public string Folder => _files.Folder;

    /// <summary>
    /// A hash (hex) of all tokens with their ids and of the merges. Equal for tokenizers whose files differ only in formatting.
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>The highest id plus one.</summary>
    public int VocabSize { get; }

    /// <summary>The beginning-of-sequence id; null if there is none.</summary>
    public int? BosId { get; }

    /// <summary>The end-of-sequence id; null if there is none.</summary>
    public int? EosId { get; }

    /// <summary>The padding id; null if there is none.</summary>
    public int? PadId { get; }

    /// <summary>The id for characters that are not in the vocabulary; null if there is none.</summary>
    public int? UnkId { get; }

    /// <summary>Loads the tokenizer of a model folder.</summary>
    /// <exception cref="UserError">There is no tokenizer, or it is damaged or of an unsupported type.</exception>
    public static Tokenizer Load(string folder) => TryLoad(folder) ?? throw new UserError(
        $"{folder} has no tokenizer: neither {TokenizerFiles.Tokenizer} nor {TokenizerFiles.Vocabulary} with {TokenizerFiles.Merges}");

    /// <summary>Loads the tokenizer of a model folder; null if the folder has none.</summary>
    /// <exception cref="UserError">The folder does not exist, or its tokenizer is damaged or of an unsupported type.</exception>
    public static Tokenizer? TryLoad(string folder)
    {
        TokenizerFiles files = TokenizerFiles.Load(folder);
        if (!files.Has(TokenizerFiles.Tokenizer) && !(files.Has(TokenizerFiles.Vocabulary) && files.Has(TokenizerFiles.Merges)))
            return null;
        return FromFiles(files);
    }

    /// <summary>Encodes a text. Lone surrogates count as U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">Whether BOS and other special tokens are added, as configured in the tokenizer's files.</param>
    public int[] Encode(string text, bool addSpecialTokens) => EncodeEscaped(EscapedText.FromString(text), addSpecialTokens).Ids;

    /// <summary>Encodes UTF-8 bytes. Invalid bytes are kept if the vocabulary has byte tokens.</summary>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecialTokens) => EncodeEscaped(EscapedText.FromBytes(utf8), addSpecialTokens).Ids;

    /// <summary>
    /// Encodes a text to be continued: with the special tokens before a text (BOS), without those after it (EOS).
    /// </summary>
    public int[] EncodePrompt(string text)
    {
        int[] ids = Encode(text, addSpecialTokens: false);
        // If the text already begins with the BOS (from a chat template), no second one is added.
        IReadOnlyList<int> before = _postProcessor.Before;
        return ids.Take(before.Count).SequenceEqual(before) ? ids : [.. before, .. ids];
    }

    /// <summary>
    /// Encodes a text, and returns the string of each token: its vocabulary entry, or for an added token the matched text.
    /// </summary>
    public EncodedText EncodeWithTokens(string text, bool addSpecialTokens) =>
        EncodeEscaped(EscapedText.FromString(text), addSpecialTokens).WithTokens(IdToToken);

    /// <summary>The same for UTF-8 bytes.</summary>
    public EncodedText EncodeWithTokens(ReadOnlySpan<byte> utf8, bool addSpecialTokens) =>
        EncodeEscaped(EscapedText.FromBytes(utf8), addSpecialTokens).WithTokens(IdToToken);

    /// <summary>Decodes ids to text. Ids outside of the vocabulary are skipped; invalid UTF-8 bytes become U+FFFD.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens) =>
        EscapedText.FromString(string.Concat(_parts.DecodeText(Tokens(ids, skipSpecialTokens))));

    /// <summary>Decodes ids to bytes, which may be invalid UTF-8.</summary>
    public byte[] DecodeBytes(IEnumerable<int> ids, bool skipSpecialTokens) =>
        EscapedText.ToBytes(string.Concat(_parts.DecodeBytes(Tokens(ids, skipSpecialTokens))));

    /// <summary>The token of an id, as written in the vocabulary ("Ġworld", "▁the", "&lt;0x0A&gt;").</summary>
    /// <exception cref="UserError">The id does not exist.</exception>
    public string IdToToken(int id) => Find(id) ?? throw new UserError(
        $"there is no token {id}; the ids of {_files.Folder} are 0 to {VocabSize - 1}");

    /// <summary>The token of an id; null if the tokenizer has no such id (a model's vocabulary may be larger).</summary>
    public string? IdToTokenOrNull(int id) => Find(id);

    /// <summary>The id of a token, as written in the vocabulary; null if there is no such token.</summary>
    public int? TokenToId(string token) =>
        _added.TryGetValue(token, out AddedToken? added) ? added.Id
        : _parts.Model.Vocabulary.TryGetValue(token, out int id) ? id
        : null;

    /// <summary>Whether an id is a special token, which decoding may skip.</summary>
    public bool IsSpecial(int id) => Find(id) is { } token && _special.Contains(token);

    /// <summary>Saves the tokenizer's files unchanged to a folder.</summary>
    public void Save(string folder)
    {
        foreach (var (name, bytes) in _files.Contents.Where(file => TokenizerFiles.Own.Contains(file.Key)))
            AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(bytes));
    }

    internal static Tokenizer FromFiles(TokenizerFiles files)
    {
        TokenizerParts parts = files.Read(TokenizerFiles.Tokenizer, TokenizerJson.Read) ?? TokenizerJson.ReadGpt2(
            files.PathOf(TokenizerFiles.Vocabulary),
            files.Contents[TokenizerFiles.Vocabulary],
            files.PathOf(TokenizerFiles.Merges),
            files.Contents[TokenizerFiles.Merges],
            files.Read(TokenizerFiles.Config, root => root.Flag("add_prefix_space")));
        return new Tokenizer(files, parts);
    }

    private Encoding EncodeEscaped(string text, bool addSpecialTokens)
    {
        var encoding = new Encoding();
        if (addSpecialTokens)
            encoding.Add(_postProcessor.Before);
        foreach (var (raw, start, token) in _rawMatcher.Split(text))
        {
            if (token is not null)
                encoding.Add(token.Id, raw);
            else
                EncodeNormalized(_parts.Normalize(raw), start == 0, encoding);
        }
        if (addSpecialTokens)
            encoding.Add(_postProcessor.After);
        return encoding;
    }

    private void EncodeNormalized(string text, bool atStart, Encoding encoding)
    {
        foreach (var (part, start, token) in _normalizedMatcher.Split(text))
        {
            if (token is not null)
            {
                encoding.Add(token.Id, part);
                continue;
            }
            foreach (Piece piece in _parts.PreTokenize([new Piece(part, atStart && start == 0)]))
                encoding.Add(piece.Text, _parts.Model);
        }
    }

    private List<string> Tokens(IEnumerable<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<string>();
        foreach (int id in ids)
        {
            if (Find(id) is { } token && !(skipSpecialTokens && _special.Contains(token)))
                tokens.Add(token);
        }
        return tokens;
    }

    private string? Find(int id) => _addedById.TryGetValue(id, out AddedToken? added) ? added.Content : _parts.Model.Token(id);

    private void Add(AddedToken token)
    {
        if (token.Content.Length == 0)
            return;
        _added[token.Content] = token;
        _addedById[token.Id] = token;
        if (token.Special)
            _special.Add(token.Content);
        else
            _special.Remove(token.Content);
    }

    private int? IdOfRole(SpecialTokens special, string role) =>
        special.ByRole.TryGetValue(role, out string? content) && TokenToId(content) is { } id ? id
        : special.IdsByRole.TryGetValue(role, out int number) && Find(number) is not null ? number
        : null;

    /// <summary>
    /// The post-processor of the file, unless tokenizer_config.json has add_bos_token or add_eos_token, or the class is Llama's and the
    /// file has none: then BOS and EOS are added as in transformers.
    /// </summary>
    private PostProcessor ChoosePostProcessor(SpecialTokens special)
    {
        bool llama = special.TokenizerClass.StartsWith("Llama", StringComparison.Ordinal)
            || special.TokenizerClass.StartsWith("CodeLlama", StringComparison.Ordinal)
            || special.TokenizerClass.StartsWith("Gemma", StringComparison.Ordinal);
        bool said = special.AddBos is not null || special.AddEos is not null;
        if (!said && (_parts.PostProcessor is not null || !llama))
            return _parts.PostProcessor ?? PostProcessor.None;
        return new PostProcessor(
            (special.AddBos ?? llama) && BosId is { } bos ? [bos] : [],
            (special.AddEos ?? false) && EosId is { } eos ? [eos] : []);
    }

    /// <summary>GPT-2's vocab.json has no roles: one token has all of them.</summary>
    private static Dictionary<string, string> Gpt2Roles(BpeModel model)
    {
        const string EndOfText = "<|endoftext|>";
        return model.Vocabulary.ContainsKey(EndOfText)
            ? new() { ["bos_token"] = EndOfText, ["eos_token"] = EndOfText, ["unk_token"] = EndOfText }
            : [];
    }

    /// <summary>Collects ids, and the matched text of added tokens.</summary>
    private sealed class Encoding
    {
        private readonly List<int> _ids = [];
        private readonly Dictionary<int, string> _surfaces = [];

        public int[] Ids => [.. _ids];

        public void Add(IReadOnlyList<int> ids) => _ids.AddRange(ids);

        public void Add(string piece, BpeModel model) => model.Encode(piece, _ids);

        public void Add(int id, string surface)
        {
            _surfaces[_ids.Count] = surface;
            _ids.Add(id);
        }

        public EncodedText WithTokens(Func<int, string> token) =>
            new(Ids, [.. _ids.Select((id, i) => _surfaces.TryGetValue(i, out string? surface) ? surface : token(id))]);
    }
}

/// <summary>Token ids and the string of each token, of the same length.</summary>
public sealed record EncodedText(int[] Ids, IReadOnlyList<string> Tokens);
