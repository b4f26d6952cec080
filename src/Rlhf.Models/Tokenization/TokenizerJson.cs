using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>The parts of a tokenizer, as read from a file.</summary>
internal sealed record TokenizerParts(
    Func<string, string> Normalize,
    Func<List<Piece>, List<Piece>> PreTokenize,
    BpeModel Model,
    PostProcessor? PostProcessor,
    Func<List<string>, List<string>> DecodeText,
    Func<List<string>, List<string>> DecodeBytes,
    IReadOnlyList<AddedToken> AddedTokens);

/// <summary>Reads Hugging Face's tokenizer.json and GPT-2's vocab.json with merges.txt.</summary>
internal static class TokenizerJson
{
    public static TokenizerParts Read(JsonPlace root)
    {
        BpeModel model = ReadModel(root.Require("model"));
        return new TokenizerParts(
            Normalizers.Read(root.Find("normalizer")),
            PreTokenizers.Read(root.Find("pre_tokenizer")),
            model,
            root.Find("post_processor") is { } processor ? PostProcessor.Read(processor) : null,
            TokenDecoders.Read(root.Find("decoder"), keepBytes: false),
            TokenDecoders.Read(root.Find("decoder"), keepBytes: true),
            root.Find("added_tokens") is { } added ? [.. added.Items().Select(token => ReadAddedToken(token, model))] : []);
    }

    /// <summary>GPT-2's format: a vocabulary, merges, and an implied pre-tokenizer.</summary>
    public static TokenizerParts ReadGpt2(string vocabularyFile, byte[] vocabulary, string mergesFile, byte[] merges, bool addPrefixSpace)
    {
        var ids = JsonPlace.Read(vocabularyFile, vocabulary, ReadVocabulary);
        var lines = System.Text.Encoding.UTF8.GetString(merges).Split('\n').Select(line => line.TrimEnd('\r'))
            .Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal));
        int number = 0;
        var pairs = lines.Select(
            line => SplitMerge(line)
            ?? throw new UserError($"{mergesFile}: merge {number} is not two tokens: {JsonPlace.DisplayText(line)}"))
            .Select(pair => (number++, pair).pair);
        return new TokenizerParts(
            text => text,
            PreTokenizers.ByteLevel(addPrefixSpace, useRegex: true),
            new BpeModel(ids, pairs, new BpeSettings(), mergesFile),
            PostProcessor: null,
            tokens => TokenDecoders.ByteLevel(tokens, keepBytes: false),
            tokens => TokenDecoders.ByteLevel(tokens, keepBytes: true),
            AddedTokens: []);
    }

    /// <summary>An entry of <c>added_tokens</c>, or of <c>added_tokens_decoder</c> when the id is given beside it.</summary>
    public static AddedToken ReadAddedToken(JsonPlace place, BpeModel model, int? id = null)
    {
        string content = EscapedText.FromString(place.Text("content"));
        return new AddedToken(
            content,
            model.Vocabulary.TryGetValue(content, out int known) ? known : id ?? place.Count("id"),
            place.Flag("single_word"),
            place.Flag("lstrip"),
            place.Flag("rstrip"),
            place.Flag("normalized"),
            place.Flag("special"));
    }

    private static BpeModel ReadModel(JsonPlace model)
    {
        // Files older than tokenizers 0.9 have no type; BPE is recognized by its merges.
        string type = model.Text("type", model.Find("merges") is null ? "(unnamed)" : "BPE");
        if (type != "BPE")
            throw new UserError($"{model.Path}: tokenizers of type {JsonPlace.DisplayText(type)} are not supported; BPE is");
        var settings = new BpeSettings(
            model.Find("unk_token")?.AsText(),
            model.Flag("fuse_unk"),
            model.Flag("byte_fallback"),
            model.Flag("ignore_merges"),
            model.Text("continuing_subword_prefix", ""),
            model.Text("end_of_word_suffix", ""));
        var merges = model.Require("merges").Items().Where(merge => !IsVersion(merge)).Select(ReadMerge);
        return new BpeModel(ReadVocabulary(model.Require("vocab")), merges, settings, model.Path);
    }

    private static Dictionary<string, int> ReadVocabulary(JsonPlace vocabulary)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in vocabulary.Entries())
            ids[token] = id.AsCount();
        return ids;
    }

    private static bool IsVersion(JsonPlace merge) => merge.IsString && merge.AsText().StartsWith("#version", StringComparison.Ordinal);

    private static (string Left, string Right) ReadMerge(JsonPlace merge)
    {
        if (merge.IsString)
            return SplitMerge(merge.AsText()) ?? throw merge.Wrong("two tokens with one space between them");
        JsonPlace[] pair = [.. merge.Items()];
        return pair.Length == 2 ? (pair[0].AsText(), pair[1].AsText()) : throw merge.Wrong("two tokens");
    }

    private static (string Left, string Right)? SplitMerge(string line)
    {
        string[] pair = line.Split(' ');
        return pair.Length == 2 ? (pair[0], pair[1]) : null;
    }
}
