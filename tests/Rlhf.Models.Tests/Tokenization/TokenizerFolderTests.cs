using Rlhf.Core;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Tokenization;

/// <summary>What the files beside the tokenizer say, and folders that cannot be read.</summary>
public sealed class TokenizerFolderTests
{
    private const string Model = """
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<s>": 3, "</s>": 4, "x": 7}, "merges": ["a b"]}
        """;

    private static readonly string Plain = """{"version": "1.0", "added_tokens": [], """ + Model + "}";

    private static readonly string WithTemplate = """
        {"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}},
        """ + Model + "}";

    private static Tokenizer Load(params (string Name, string Text)[] files)
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, text) in files)
            File.WriteAllText(folder[name], text);
        return Tokenizer.Load(folder.Path);
    }

    [Fact]
    public void Roles_come_as_texts_objects_or_ids()
    {
        Tokenizer tokenizer = Load(
            ("tokenizer.json", Plain),
            ("tokenizer_config.json", """{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": null, "pad_token": "absent"}"""),
            ("special_tokens_map.json", """{"unk_token": "x"}"""),
            ("config.json", """{"eos_token_id": [4, 2], "bos_token_id": 1}"""));
        Assert.Equal((3, 4, null, 7, 8), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.UnkId, tokenizer.VocabSize));
        // Named tokens are found in the text as they stand, as transformers does.
        Assert.Equal([2, 3, 0], tokenizer.Encode("ab<s>a", addSpecialTokens: false));
        Assert.True(tokenizer.IsSpecial(3));
    }

    [Theory]
    [InlineData("{}", new[] { 3, 2 })]
    [InlineData("""{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false}""", new[] { 2 })]
    [InlineData("""{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": true, "add_eos_token": true}""", new[] { 3, 2, 4 })]
    [InlineData("""{"bos_token": "<s>", "eos_token": "</s>", "tokenizer_class": "LlamaTokenizer", "add_eos_token": true}""",
        new[] { 3, 2, 4 })]
    public void Begin_and_end_are_added_as_the_configuration_says(string config, int[] ids) =>
        Assert.Equal(ids, Load(("tokenizer.json", WithTemplate), ("tokenizer_config.json", config)).Encode("ab", addSpecialTokens: true));

    [Fact]
    public void Gpt2_files_take_their_added_tokens_from_beside()
    {
        Tokenizer tokenizer = Load(
            ("vocab.json", """{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}"""),
            ("merges.txt", "#version: 0.2\r\na b\r\n"),
            ("tokenizer_config.json",
                """{"eos_token": "<|endoftext|>", "added_tokens_decoder": {"4": {"content": "<|im_start|>", "special": true}}}"""),
            ("added_tokens.json", """{"<tool>": 5}"""));
        Assert.Equal([2, 4, 3, 5, 0], tokenizer.Encode("ab<|im_start|><|endoftext|><tool>a", addSpecialTokens: true));
        Assert.Equal("ab<tool>a", tokenizer.Decode([2, 4, 3, 5, 0], skipSpecialTokens: true));
        Assert.Null(tokenizer.BosId);
    }

    [Fact]
    public void Files_are_written_as_they_were_read()
    {
        using var from = new TemporaryFolder();
        using var to = new TemporaryFolder();
        File.WriteAllText(from["tokenizer.json"], Plain);
        File.WriteAllText(from["tokenizer_config.json"], """{"eos_token":"</s>"}""");
        File.WriteAllText(from["config.json"], """{"bos_token_id":3}""");
        Tokenizer.Load(from.Path).Save(to.Path);
        Assert.Equal(["tokenizer.json", "tokenizer_config.json"], Directory.GetFiles(to.Path).Select(Path.GetFileName).Order());
        Assert.Equal(File.ReadAllBytes(from["tokenizer.json"]), File.ReadAllBytes(to["tokenizer.json"]));
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "should be an object")]
    [InlineData("{}", "model is missing")]
    [InlineData("""{"model": {"type": "Unigram", "vocab": []}}""", "Unigram")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}""", "an integer")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 2147483647}, "merges": []}}""", "an integer")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 1}, "merges": ["a a"]}}""", "'aa'")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 1}, "merges": ["a"]}}""", "merges[0]")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"\ud800": 1}, "merges": []}}""", "not valid Unicode")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 1}, "merges": [], "unk_token": "b"}}""", "unknown token b")]
    [InlineData("""{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}, "model": {"type": "BPE", "vocab": {}, "merges": []}}""", "pattern")]
    [InlineData("""{"pre_tokenizer": {"type": "UnicodeScripts"}, "model": {"type": "BPE", "vocab": {}, "merges": []}}""", "UnicodeScripts")]
    public void What_is_damaged_is_named_in_one_line(string json, string part)
    {
        UserError error = Assert.Throws<UserError>(() => Load(("tokenizer.json", json)));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_has_none()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(Tokenizer.TryLoad(folder.Path));
        Assert.Contains("tokenizer.json", Assert.Throws<UserError>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<UserError>(() => Tokenizer.TryLoad(folder["absent"]));
    }
}
