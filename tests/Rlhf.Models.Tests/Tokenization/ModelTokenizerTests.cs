using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Tokenization;

/// <summary>Prompts, completions and whole texts as ids of one model.</summary>
public sealed class ModelTokenizerTests : IDisposable
{
    private const string Vocabulary = """
        {"decoder": {"type": "Fuse"}, "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<s>": 3, "</s>": 4}, "merges": ["a b"]},
         "added_tokens": [{"id": 3, "content": "<s>", "special": true}, {"id": 4, "content": "</s>", "special": true}]}
        """;

    private const string Both = """{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": true, "add_eos_token": true}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_prompt_has_the_beginning_and_no_end_whatever_the_tokenizer_adds()
    {
        var tokenizer = Load(Both);
        Assert.Equal([3, 2, 4], tokenizer.Tokenizer.Encode("ab", addSpecialTokens: true));
        Assert.Equal([3, 2], tokenizer.EncodePrompt("ab"));
        Assert.Equal([2, 4], tokenizer.EncodeCompletion("ab"));
        Assert.Equal([3, 2, 4], tokenizer.EncodeDocument("ab"));
    }

    [Fact]
    public void A_text_that_brings_its_own_beginning_and_end_gets_no_second_ones()
    {
        var tokenizer = Load(Both);
        Assert.Equal([3, 2], tokenizer.EncodePrompt("<s>ab"));
        Assert.Equal([3, 2, 4], tokenizer.EncodeDocument("<s>ab</s>"));
        Assert.Equal([2, 4], tokenizer.EncodeCompletion("ab</s>"));
    }

    [Fact]
    public void A_prompt_that_is_cut_keeps_its_beginning()
    {
        Assert.Equal([3, 1, 0], Load(Both).EncodePrompt("ababba", maxTokens: 3));
        Assert.Equal([3], Load(Both).EncodePrompt("ababba", maxTokens: 1));
        Assert.Equal([2, 1, 0], Load("""{"eos_token": "</s>"}""").EncodePrompt("ababba", maxTokens: 3));
    }

    [Fact]
    public void An_empty_prompt_is_the_beginning_or_else_the_end()
    {
        Assert.Equal([3], Load(Both).EncodePrompt(""));
        Assert.Equal([4], Load("""{"eos_token": "</s>"}""").EncodePrompt(""));
    }

    /// <summary>
    /// An é of two bytes, one of them in the prompt; a leading space that SentencePiece drops at the beginning of a text.
    /// </summary>
    [Fact]
    public void The_text_of_a_completion_begins_where_the_text_of_all_differs_from_the_prompts()
    {
        File.WriteAllText(_folder["tokenizer.json"], """
            {"decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
             "model": {"type": "BPE", "byte_fallback": true, "vocab": {"a": 0, "▁b": 1, "<0xC3>": 2, "<0xA9>": 3, "<s>": 4, "</s>": 5}, "merges": []},
             "added_tokens": [{"id": 4, "content": "<s>", "special": true}, {"id": 5, "content": "</s>", "special": true}]}
            """);
        var tokenizer = new ModelTokenizer(Tokenizer.Load(_folder.Path), ModelConfig.CreateLlama(6, 16, 1, 2, 2, 32, 64));
        Assert.Equal(" b", tokenizer.DecodeCompletion([4, 0], [1, 5]));
        Assert.Equal("é b", tokenizer.DecodeCompletion([4, 0, 2], [3, 1, 5]));
        Assert.Equal("b", tokenizer.DecodeCompletion([4], [1, 5]));
        Assert.Equal("", tokenizer.DecodeCompletion([0], [5]));
    }

    [Fact]
    public void What_training_appends_is_among_what_ends_a_sample()
    {
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id": [0, 1]}""");
        var tokenizer = Load("""{"eos_token": "</s>"}""", """, "eos_token_id": 1""");
        Assert.Equal([1, 0, 4], ModelConfig.Load(_folder.Path).WithTokenizer(tokenizer.Tokenizer).EosIds);
        Assert.Equal(4, tokenizer.EosId);
        Assert.Null(tokenizer.MissingEosWarning);
    }

    [Fact]
    public void The_models_end_is_appended_where_the_tokenizer_names_none()
    {
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id": [4, 1]}""");
        Assert.Equal([2, 4], Load("{}").EncodeCompletion("ab"));
    }

    [Fact]
    public void A_model_without_any_end_is_told_of()
    {
        var tokenizer = Load("{}");
        Assert.Equal([2], tokenizer.EncodeCompletion("ab"));
        Assert.Contains(_folder.Path, tokenizer.MissingEosWarning, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_that_the_model_has_no_embedding_for_is_refused()
    {
        var error = Assert.Throws<UserError>(() => Load(Both, vocabulary: 4).EncodeCompletion("ab"));
        Assert.Contains("id 4 (</s>)", error.Message, StringComparison.Ordinal);
        Assert.Contains("ends at 3", error.Message, StringComparison.Ordinal);
        Assert.Throws<UserError>(() => Load(Both, vocabulary: 3).EncodePrompt("ab"));
    }

    [Theory]
    [InlineData(new[] { 0, 1 }, "a", "decode to 'ab'")]
    [InlineData(new[] { 7 }, "ab", "7 is outside")]
    [InlineData(new[] { -1 }, "ab", "-1 is outside")]
    public void Sampled_ids_that_are_not_those_of_the_text_are_refused(int[] ids, string text, string part)
    {
        var tokenizer = Load("""{"bos_token": "<s>", "eos_token": "</s>"}""");
        tokenizer.CheckSampledIds([3, 0], [[1, 0, 4], [2, 4]], ["ba", "ab"], "rankings.jsonl line 2");
        var error = Assert.Throws<UserError>(
            () => tokenizer.CheckSampledIds([3, 0], [[1, 0, 4], ids], ["ba", text], "rankings.jsonl line 2"));
        Assert.StartsWith("rankings.jsonl line 2: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("completion 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 lists of ids for 2",
            Assert.Throws<UserError>(() => tokenizer.CheckSampledIds([3], [[1]], ["b", "a"], "x")).Message);
    }

    [Fact]
    public void Ids_without_a_token_are_known_as_unused()
    {
        var tokenizer = Load("{}", vocabulary: 8);
        Assert.Equal([5, 6, 7], ModelConfig.Load(_folder.Path).WithTokenizer(tokenizer.Tokenizer).UnusedIds);
    }

    private ModelTokenizer Load(string config, string more = "", int vocabulary = 5)
    {
        File.WriteAllText(_folder["tokenizer.json"], Vocabulary);
        File.WriteAllText(_folder["tokenizer_config.json"], config);
        File.WriteAllText(_folder["config.json"], $$"""
            {"model_type": "gpt2", "vocab_size": {{vocabulary}}, "n_embd": 12, "n_layer": 1, "n_head": 3, "n_positions": 8{{more}}}
            """);
        return new ModelTokenizer(Tokenizer.Load(_folder.Path), ModelConfig.Load(_folder.Path));
    }
}
