using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Tokenization;

/// <summary>Every reference case of every covered kind: what Hugging Face's tokenizers gave for the same file and text.</summary>
public sealed class ReferenceTokenizerTests
{
    private const string Root = "data/tokenizers";
    private static readonly string[] Uncovered = ["WordPiece", "WordLevel", "Unigram"];

    public static TheoryData<string> Folders => SharedData.Folders(Root);

    [Theory]
    [MemberData(nameof(Folders))]
    public void Ids_tokens_and_texts_are_those_of_the_reference(string folder)
    {
        string path = Path.Combine(SharedData.Require(Root), folder);
        string kind = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "tokenizer.json")))!["model"]!["type"]!.GetValue<string>();
        if (Uncovered.Contains(kind))
            Assert.Skip($"SKIPPED: {folder} is of the kind {kind}, which is not covered");
        Tokenizer tokenizer = Tokenizer.Load(path);
        JsonArray cases = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "expected.json")))!["cases"]!.AsArray();
        Assert.NotEmpty(cases);
        foreach (JsonNode? row in cases)
        {
            string text = row!["text"]!.GetValue<string>();
            int[] ids = tokenizer.Encode(text, addSpecialTokens: false);
            Assert.Equal(row["ids"].Deserialize<int[]>(), ids);
            Assert.Equal(row["tokens"].Deserialize<string[]>(), tokenizer.EncodeWithTokens(text, addSpecialTokens: false).Tokens);
            int[] special = tokenizer.Encode(text, addSpecialTokens: true);
            Assert.Equal(row["ids_special"].Deserialize<int[]>(), special);
            Assert.Equal(row["decoded"]!.GetValue<string>(), tokenizer.Decode(special, skipSpecialTokens: true));
            Assert.Equal(row["decoded_special"]!.GetValue<string>(), tokenizer.Decode(special, skipSpecialTokens: false));
            Assert.Equal(ids, tokenizer.Encode(Encoding.UTF8.GetBytes(text), addSpecialTokens: false));
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void An_uncovered_kind_is_named_in_one_line(string folder)
    {
        string path = Path.Combine(SharedData.Require(Root), folder);
        string kind = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "tokenizer.json")))!["model"]!["type"]!.GetValue<string>();
        if (!Uncovered.Contains(kind))
            Assert.Skip($"SKIPPED: {folder} is of the kind {kind}, which is covered");
        UserError error = Assert.Throws<UserError>(() => Tokenizer.Load(path));
        Assert.Contains(kind, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Gpt2_sample_has_all_its_ids_and_comes_back_byte_for_byte()
    {
        string folder = SharedData.Require("data/gpt2-tokenizer");
        Tokenizer tokenizer = Tokenizer.Load(folder);
        byte[] sample = File.ReadAllBytes(Path.Combine(folder, "sample.txt"));
        int[] expected = JsonSerializer.Deserialize<int[]>(File.ReadAllText(Path.Combine(folder, "sample.ids.json")))!;
        int[] ids = tokenizer.Encode(sample, addSpecialTokens: false);
        Assert.Equal(expected, ids);
        Assert.Equal(sample, tokenizer.DecodeBytes(ids, skipSpecialTokens: false));
        Assert.Equal(Encoding.UTF8.GetString(sample), tokenizer.Decode(ids, skipSpecialTokens: false));
        var vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(Path.Combine(folder, "vocab.json")))!;
        Assert.Equal(vocabulary["<|endoftext|>"], tokenizer.EosId);
        Assert.Equal(vocabulary.Values.Max() + 1, tokenizer.VocabSize);
    }

    [Fact]
    public void A_real_chat_model_s_texts_have_their_ids()
    {
        string folder = SharedData.Require("data/smollm2-135m-instruct");
        Tokenizer tokenizer = Tokenizer.Load(folder);
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        var rows = expected["tokenizer"]!.AsArray().Select(row => (row!["text"]!, row["ids"]!))
            .Concat(expected["conversations"]!.AsArray().Select(row => (row!["prompt"]!, row["ids"]!)));
        Assert.NotEmpty(rows);
        foreach (var (text, ids) in rows)
            Assert.Equal(ids.Deserialize<int[]>(), tokenizer.Encode(text.GetValue<string>(), addSpecialTokens: true));
    }

    [Fact]
    public void Stories_have_their_begin_and_end()
    {
        string folder = SharedData.Require("data/stories260k");
        Tokenizer tokenizer = Tokenizer.Load(folder);
        ModelConfig config = ModelConfig.Load(folder);
        Assert.Equal((config.BosId, config.VocabSize), (tokenizer.BosId, tokenizer.VocabSize));
        Assert.Contains(tokenizer.EosId!.Value, config.EosIds);
        int[] ids = tokenizer.Encode("Once upon a time", addSpecialTokens: true);
        Assert.Equal(config.BosId, ids[0]);
        Assert.Equal("Once upon a time", tokenizer.Decode(ids, skipSpecialTokens: true));
    }
}
