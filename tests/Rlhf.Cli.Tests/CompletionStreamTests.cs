using Rlhf.Cli.Output;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;

namespace Rlhf.Cli.Tests;

/// <summary>What is printed after each token of <c>rlhf sample</c>.</summary>
public sealed class CompletionStreamTests : IDisposable
{
    private readonly FlushedText _output = new();
    private readonly ModelTokenizer _tokenizer;
    private readonly int[] _prompt;

    public CompletionStreamTests()
    {
        // Every byte is a token.
        var bytes = BpeTrainer.Train([], 259, ["<s>", "</s>", "<pad>"]);
        _tokenizer = new ModelTokenizer(bytes, ModelConfig.CreateLlama(bytes.VocabSize, 16, 1, 2, 2, 32, 64, eosIds: [bytes.EosId!.Value]));
        _prompt = _tokenizer.EncodePrompt("Once");
    }

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Each_token_is_there_before_the_next_is_drawn()
    {
        var stream = new CompletionStream(_prompt, 1, _tokenizer, _output);
        foreach (var (token, text) in Ids(" upon").Zip([" ", " u", " up", " upo", " upon"]))
        {
            stream.Add(new TokenEvent(0, token, null));
            Assert.Equal(text, _output.Flushed);
        }
        stream.Add(new TokenEvent(0, _tokenizer.EosId!.Value, FinishReason.Eos));
        Assert.Equal($" upon{Environment.NewLine}", _output.ToString());
    }

    [Fact]
    public void A_character_comes_when_all_of_its_bytes_are_there()
    {
        var stream = new CompletionStream(_prompt, 1, _tokenizer, _output);
        int[] ids = Ids("é€");
        Assert.Equal(5, ids.Length);
        foreach (var (token, text) in ids.Zip(["", "é", "é", "é", "é€"]))
        {
            stream.Add(new TokenEvent(0, token, null));
            Assert.Equal(text, _output.Flushed);
        }
    }

    /// <summary>Half a character at the end of all is shown as what it is.</summary>
    [Fact]
    public void Bytes_that_become_no_character_come_at_the_end()
    {
        var stream = new CompletionStream(_prompt, 1, _tokenizer, _output);
        stream.Add(new TokenEvent(0, Ids("é")[0], FinishReason.Length));
        Assert.Equal($"\uFFFD{Environment.NewLine}", _output.ToString());
    }

    /// <summary>A batch is drawn token by token: the first completion is printed as it comes, the others when it is their turn.</summary>
    [Fact]
    public void Completions_of_one_batch_appear_one_after_another()
    {
        string[] texts = ["abc", "d", "efghi"];
        var stream = new CompletionStream(_prompt, texts.Length, _tokenizer, _output);
        var seen = new List<string>();
        for (int t = 0; t < 5; t++)
        {
            for (int i = 0; i < texts.Length; i++)
            {
                if (t < texts[i].Length)
                    stream.Add(new TokenEvent(i, Ids(texts[i])[t], t == texts[i].Length - 1 ? FinishReason.Stop : null));
            }
            seen.Add(_output.ToString().ReplaceLineEndings("|"));
        }
        Assert.Equal(["a", "ab", "abc|d|efg", "abc|d|efgh", "abc|d|efghi|"], seen);
    }

    private int[] Ids(string text) => _tokenizer.Tokenizer.Encode(text, addSpecialTokens: false);

    /// <summary>Knows what had been written when it was flushed last.</summary>
    private sealed class FlushedText : StringWriter
    {
        public string Flushed { get; private set; } = "";

        public override void Flush()
        {
            base.Flush();
            Flushed = ToString();
        }
    }
}
