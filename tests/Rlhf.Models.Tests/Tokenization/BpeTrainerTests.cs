using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Rlhf.Core;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Tokenization;

public sealed class BpeTrainerTests
{
    private static readonly string[] Special = ["<bos>", "<eos>", "<pad>"];
    private static readonly string[] Traps = ["<eos>", "<bos", " the", "\ud83d\ude00", "\ud835\udc9c", "\u0301", "  ", "\r\n", "'S"];

    [Fact]
    public void Merges_are_those_worked_out_by_hand()
    {
        // Words: "low" 1, "Ġlow" 4, "Ġlower" 2. Pairs lo, ow: 7 each; l < o by id, so "lo" first, then "low" (7), then "Ġlow" (6).
        // Then Ġlow+e 2 and e+r 2: the lower first id is e's, so "er", and then Ġlow+er 2.
        Tokenizer tokenizer = BpeTrainer.Train(["low low low lower lower", " low low"], 3 + 256 + 5, Special);
        using var folder = new TemporaryFolder();
        tokenizer.Save(folder.Path);
        JsonNode file = JsonNode.Parse(File.ReadAllText(folder["tokenizer.json"]))!;
        Assert.Equal(
            [("l", "o"), ("lo", "w"), ("Ġ", "low"), ("e", "r"), ("Ġlow", "er")],
            file["model"]!["merges"]!.AsArray().Select(m => (m![0]!.GetValue<string>(), m[1]!.GetValue<string>())));
        Assert.Equal(3, file["model"]!["vocab"]!["!"]!.GetValue<int>());
        Assert.Equal([0, 260, 263], tokenizer.Encode("low lower", addSpecialTokens: true));
    }

    [Fact]
    public void Repeated_letters_are_counted_and_merged_from_the_left()
    {
        // Repeated letters: "aaaa" twice. aa occurs three times a word; then "aa aa" → aaaa.
        Tokenizer tokenizer = BpeTrainer.Train(["aaaa", "aaaa"], 259, ["<s>"]);
        Assert.Equal([258], tokenizer.Encode("aaaa", addSpecialTokens: false));
        Assert.Equal([257, 65], tokenizer.Encode("aaa", addSpecialTokens: false));
    }

    [Fact]
    public void The_order_of_the_texts_changes_nothing()
    {
        string[] texts = ["the cat sat on the mat", "a film that the critics liked", "not a film at all, that thing", "ééé "
            + "\ud83d\ude00 ééé"];
        using var one = new TemporaryFolder();
        using var other = new TemporaryFolder();
        BpeTrainer.Train(texts, 300, Special).Save(one.Path);
        BpeTrainer.Train(texts.Reverse(), 300, Special).Save(other.Path);
        foreach (string file in new[] { "tokenizer.json", "tokenizer_config.json" })
            Assert.Equal(File.ReadAllBytes(one[file]), File.ReadAllBytes(other[file]));
    }

    [Fact]
    public void What_was_trained_loads_again_and_names_its_roles()
    {
        Tokenizer trained = BpeTrainer.Train(["one two three two one"], 280, Special);
        using var folder = new TemporaryFolder();
        trained.Save(folder.Path);
        Tokenizer loaded = Tokenizer.Load(folder.Path);
        Assert.Equal((0, 1, 2), (loaded.BosId, loaded.EosId, loaded.PadId));
        Assert.Equal(trained.VocabSize, loaded.VocabSize);
        Assert.Equal(trained.Encode("two three", addSpecialTokens: true), loaded.Encode("two three", addSpecialTokens: true));
        Assert.Equal("two three", loaded.Decode(loaded.Encode("two three", addSpecialTokens: true), skipSpecialTokens: true));
        Assert.Equal("<bos>two three", loaded.Decode(loaded.Encode("two three", addSpecialTokens: true), skipSpecialTokens: false));
    }

    [Fact]
    public void Any_text_and_any_bytes_come_back()
    {
        Tokenizer tokenizer = BpeTrainer.Train(["the cat sat <eos> on 12 mats", "naïve 猫 \ud83d\ude00 мир"], 300, Special);
        Gen<string> valid = Gen.String[Gen.Char, 0, 40].Select(s => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s)));
        Gen<string> pieces = Gen.OneOf(valid, Gen.Int[0, Traps.Length - 1].Select(i => Traps[i])).List[0, 8].Select(string.Concat);
        pieces.Sample(text => text == tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: false), skipSpecialTokens: false),
            iter: 5_000);
        Gen.Byte.Array[0, 60].Sample(
            bytes => bytes.SequenceEqual(tokenizer.DecodeBytes(tokenizer.Encode(bytes, addSpecialTokens: false), skipSpecialTokens: false)),
            iter: 5_000);
    }

    [Theory]
    [InlineData(100, "<s>")]
    [InlineData(300, "<s>", "<s>")]
    [InlineData(300, "")]
    [InlineData(300, "a")]
    public void Impossible_vocabularies_are_refused(int size, params string[] special) =>
        Assert.Throws<UserError>(() => BpeTrainer.Train(["text"], size, special));
}
