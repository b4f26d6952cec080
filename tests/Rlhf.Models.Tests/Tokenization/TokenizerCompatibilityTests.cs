using Rlhf.Core;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Tokenization;

/// <summary>Two tokenizers are one where every id means the same, whatever their files look like.</summary>
public sealed class TokenizerCompatibilityTests : IDisposable
{
    private const string Plain = """
        {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4, "</s>": 5}, "merges": ["a b", "b c"]},
         "added_tokens": [{"id": 5, "content": "</s>", "special": true}]}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Formatting_changes_nothing()
    {
        var reformatted = Load("b", """
            {"added_tokens": [{"content": "</s>", "id": 5}], "version": "1.0",
             "model": {"merges": [["a", "b"], ["b", "c"]], "vocab": {"bc": 4, "ab": 3, "c": 2, "\u0062": 1, "a": 0}, "type": "BPE"}}
            """);
        var plain = Load("a", Plain);
        Assert.Equal(plain.Fingerprint, reformatted.Fingerprint);
        TokenizerCompatibility.Require(plain, "the policy", reformatted, "the reward model");
    }

    [Theory]
    [InlineData("\"a\": 0, \"b\": 1", "\"b\": 0, \"a\": 1", "id 0 is 'b' there and 'a' here")]
    [InlineData("\"</s>\": 5", "\"</s>\": 5, \"x\": 6", "id 6 is 'x' there and no token here")]
    [InlineData("[\"a b\", \"b c\"]", "[\"b c\", \"a b\"]", "not the merges")]
    [InlineData("[\"a b\", \"b c\"]", "[\"a b\"]", "not the merges")]
    public void Another_meaning_of_an_id_is_refused_and_both_are_named(string part, string other, string difference)
    {
        Tokenizer policy = Load("policy", Plain), reward = Load("reward", Plain.Replace(part, other));
        Assert.Equal(other.Contains('x'), reward.VocabSize != policy.VocabSize);
        var error = Assert.Throws<UserError>(() => TokenizerCompatibility.Require(policy, "the policy", reward, "the reward model"));
        Assert.Contains($"the reward model ({_folder["reward"]})", error.Message, StringComparison.Ordinal);
        Assert.Contains($"the policy ({_folder["policy"]})", error.Message, StringComparison.Ordinal);
        Assert.Contains(difference, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_cannot_be_compared()
    {
        Directory.CreateDirectory(_folder["reward"]);
        Assert.Contains("has no tokenizer", Assert.Throws<UserError>(
            () => TokenizerCompatibility.Require(Load("policy", Plain), "the policy", _folder["reward"], "the reward model")).Message,
            StringComparison.Ordinal);
    }

    private Tokenizer Load(string name, string json)
    {
        Directory.CreateDirectory(_folder[name]);
        File.WriteAllText(Path.Combine(_folder[name], "tokenizer.json"), json);
        return Tokenizer.Load(_folder[name]);
    }
}
