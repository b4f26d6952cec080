using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// Text to ids and back, as Hugging Face's tokenizers does it: byte-level BPE and BPE with byte fallback, read from
/// tokenizer.json or from GPT-2's vocab.json with merges.txt. Safe to use from several threads.
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
    /// One hash (hex) of what the ids mean: every token with its id, and the merges. Equal for tokenizers that differ in formatting only.
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>The highest id plus one.</summary>
    public int VocabSize { get; }

    /// <summary>The id that texts begin with; null where none is named.</summary>
    public int? BosId { get; }

    /// <summary>The id that ends a text; null where none is named.</summary>
    public int? EosId { get; }

    /// <summary>The id that fills rows; null where none is named.</summary>
    public int? PadId { get; }

    /// <summary>The id that stands for text that the vocabulary lacks; null where none is named.</summary>
    public int? UnkId { get; }

    /// <summary>Loads the tokenizer of a model folder.</summary>
    /// <exception cref="UserError">There is none, or it is damaged or of a kind that is not supported.</exception>
    public static Tokenizer Load(string folder) => TryLoad(folder) ?? throw new UserError(
        $"{folder} has no tokenizer: neither {TokenizerFiles.Tokenizer} nor {TokenizerFiles.Vocabulary} with {TokenizerFiles.Merges}");

    /// <summary>Loads the tokenizer of a model folder; null where the folder has none.</summary>
    /// <exception cref="UserError">The folder is absent, or its tokenizer is damaged or of a kind that is not supported.</exception>
    public static Tokenizer? TryLoad(string folder)
    {
        TokenizerFiles files = TokenizerFiles.Load(folder);
        if (!files.Has(TokenizerFiles.Tokenizer) && !(files.Has(TokenizerFiles.Vocabulary) && files.Has(TokenizerFiles.Merges)))
            return null;
        return FromFiles(files);
    }

    /// <summary>The ids of a text. Half a surrogate pair counts as U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">Whether BOS and the like are put around it, as the tokenizer's files say.</param>
    public int[] Encode(string text, bool addSpecialTokens) => EncodeEscaped(EscapedText.FromString(text), addSpecialTokens).Ids;

    /// <summary>The ids of UTF-8 bytes, byte for byte: bytes that are no UTF-8 are kept where the vocabulary has bytes.</summary>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecialTokens) => EncodeEscaped(EscapedText.FromBytes(utf8), addSpecialTokens).Ids;

    /// <summary>
    /// The ids of a text that is to be continued: with what the tokenizer puts before a text (BOS), without what it puts behind it.
    /// </summary>
    public int[] EncodePrompt(string text)
    {
        int[] ids = Encode(text, addSpecialTokens: false);
        // A text that was rendered with its BOS already gets no second one.
        IReadOnlyList<int> before = _postProcessor.Before;
        return ids.Take(before.Count).SequenceEqual(before) ? ids : [.. before, .. ids];
    }

    /// <summary>The ids of a text with what stands for each: its token, or for a token found in the text what was found there.</summary>
    public EncodedText EncodeWithTokens(string text, bool addSpecialTokens) =>
        EncodeEscaped(EscapedText.FromString(text), addSpecialTokens).WithTokens(Token);

    /// <summary>The same of UTF-8 bytes.</summary>
    public EncodedText EncodeWithTokens(ReadOnlySpan<byte> utf8, bool addSpecialTokens) =>
        EncodeEscaped(EscapedText.FromBytes(utf8), addSpecialTokens).WithTokens(Token);

    /// <summary>The text of ids; ids beyond the vocabulary are left out, bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens) =>
        EscapedText.FromString(string.Concat(_parts.DecodeText(Tokens(ids, skipSpecialTokens))));

    /// <summary>The bytes of ids, as they were, valid UTF-8 or not.</summary>
    public byte[] DecodeBytes(IEnumerable<int> ids, bool skipSpecialTokens) =>
        EscapedText.ToBytes(string.Concat(_parts.DecodeBytes(Tokens(ids, skipSpecialTokens))));

    /// <summary>The token of an id as it stands in the vocabulary ("Ġworld", "▁the", "&lt;0x0A&gt;").</summary>
    /// <exception cref="UserError">There is no such id.</exception>
    public string Token(int id) => Find(id) ?? throw new UserError(
        $"there is no token {id}; the ids of {_files.Folder} are 0 to {VocabSize - 1}");

    /// <summary>The token of an id; null where the tokenizer has no such id (a model's vocabulary may be larger).</summary>
    public string? TokenOrNull(int id) => Find(id);

    /// <summary>The id of a token as it stands in the vocabulary; null where there is no such token.</summary>
    public int? Id(string token) =>
        _added.TryGetValue(token, out AddedToken? added) ? added.Id
        : _parts.Model.Vocabulary.TryGetValue(token, out int id) ? id
        : null;

    /// <summary>Whether an id is a special token's, which decoding may leave out.</summary>
    public bool IsSpecial(int id) => Find(id) is { } token && _special.Contains(token);

    /// <summary>Writes the tokenizer's files into a folder as they were read.</summary>
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
        special.ByRole.TryGetValue(role, out string? content) && Id(content) is { } id ? id
        : special.IdsByRole.TryGetValue(role, out int number) && Find(number) is not null ? number
        : null;

    /// <summary>
    /// The file's own, unless tokenizer_config.json says add_bos_token or add_eos_token, or the class is Llama's and the file has
    /// none: then, as in transformers, BOS and EOS around the text.
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

    /// <summary>GPT-2's vocab.json names no roles: one token has them all.</summary>
    private static Dictionary<string, string> Gpt2Roles(BpeModel model)
    {
        const string EndOfText = "<|endoftext|>";
        return model.Vocabulary.ContainsKey(EndOfText)
            ? new() { ["bos_token"] = EndOfText, ["eos_token"] = EndOfText, ["unk_token"] = EndOfText }
            : [];
    }

    /// <summary>Ids as they are found, and the surface of those that were found in the text.</summary>
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

/// <summary>Ids and what stands for each, of the same length.</summary>
public sealed record EncodedText(int[] Ids, IReadOnlyList<string> Tokens);
