using Rlhf.Core;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Tokenization;

/// <summary>Tokenizer files whose steps would take for ever, or all memory.</summary>
public sealed class HostileTokenizerTests
{
    private const string Model = """ "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "!": 2, "Ġ": 3}, "merges": []} """;

    private static readonly string Letters = new string('a', 40) + "!";

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|a)*$")]
    [InlineData("(a|aa)+$")]
    public void A_pattern_that_would_backtrack_for_ever_takes_linear_time(string pattern)
    {
        Assert.Equal([Letters], SplitPattern.FromRegex(pattern, "test").Parts(Letters).Select(p => Letters[p.Start..p.End]));
        var tokenizer =
            Load($$"""{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "{{pattern}}"}, "behavior": "Isolated"}, {{Model}}}""");
        Assert.Equal(41, tokenizer.Encode(Letters, addSpecialTokens: false).Length);
        var replaces = Load($$"""{"normalizer": {"type": "Replace", "pattern": {"Regex": "{{pattern}}"}, "content": "b"}, {{Model}}}""");
        Assert.Equal([1], replaces.Encode(Letters[..40], addSpecialTokens: false));
        Assert.Equal(41, replaces.Encode(Letters, addSpecialTokens: false).Length);
    }

    [Fact]
    public void A_pattern_with_look_around_that_takes_too_long_is_refused()
    {
        var error = Assert.Throws<UserError>(() => SplitPattern.FromRegex("(?=a)(a+)+$", "test").Parts(Letters));
        Assert.Contains("(a+)+$", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("normalizer", """{"type": "Sequence", "normalizers": [STEPS]}""",
        """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""")]
    [InlineData("normalizer", """{"type": "Sequence", "normalizers": [STEPS]}""",
        """{"type": "Replace", "pattern": {"Regex": "[a]"}, "content": "aa"}""")]
    [InlineData("normalizer", """{"type": "Sequence", "normalizers": [STEPS, {"type": "ByteLevel"}]}""",
        """{"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "a"}, "content": "é"}, {"type": "ByteLevel"}, {"type": "Replace", "pattern": {"Regex": "."}, "content": "a"}]}""")]
    [InlineData("pre_tokenizer", """{"type": "Sequence", "pretokenizers": [STEPS]}""",
        """{"type": "Sequence", "pretokenizers": [{"type": "Metaspace", "replacement": "  ", "prepend_scheme": "always", "split": false}]}""")]
    public void Steps_that_make_a_text_longer_and_longer_are_stopped(string part, string sequence, string step)
    {
        string json =
            $$"""{"{{part}}": {{sequence.Replace("STEPS", string.Join(", ", Enumerable.Repeat(step, 60)), StringComparison.Ordinal)}}, {{Model}}}""";
        var error = Assert.Throws<UserError>(() => Load(json).Encode("a a", addSpecialTokens: false));
        Assert.Contains("characters from a text", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoder_that_makes_a_token_longer_and_longer_is_stopped()
    {
        string steps = string.Join(", ", Enumerable.Repeat("""{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""", 60));
        var tokenizer = Load($$"""{"decoder": {"type": "Sequence", "decoders": [{{steps}}]}, {{Model}}}""");
        Assert.Contains("decoder", Assert.Throws<UserError>(() => tokenizer.Decode([0, 1], skipSpecialTokens: false)).Message,
            StringComparison.Ordinal);
    }

    private static Tokenizer Load(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], json);
        return Tokenizer.Load(folder.Path);
    }
}
