using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Data;
using Rlhf.Pipeline.Files;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Data;

public sealed class TextSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Documents_are_separated_by_the_mark_alone_on_a_line()
    {
        Write("corpus.txt", "one\ntwo <|endoftext|>\n<|endoftext|>\n\n<|endoftext|>\n\nthree\n");
        Assert.Equal([new TextLine("one\ntwo <|endoftext|>"), new TextLine("three")],
            TextSources.ForPretraining(new PretrainOptions { Corpus = _folder["corpus.txt"] }));
        Assert.Equal(["one\ntwo <|endoftext|>", "three"],
            TextSources.ForPpo(new PpoOptions { PtxCoefficient = 1, PtxText = _folder["corpus.txt"] }).Select(t => t.Completion));
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"one\"}\n", "is JSON Lines; expected \"grammar\", or a text file")]
    [InlineData("a.txt", "[\"one\"]\n", "is one JSON array")]
    [InlineData("a.csv", "text\none\n", "is a table (.csv)")]
    [InlineData("a.txt", "zero\0\n", "contains zero bytes")]
    public void Another_kind_of_file_is_no_corpus(string name, string content, string message)
    {
        Write(name, content);
        Assert.Contains(message,
            Assert.Throws<UserError>(() => TextSources.ForPretraining(new PretrainOptions { Corpus = _folder[name] }).Count()).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \"a\"}\n", "a.jsonl:2: 'completion' is missing")]
    [InlineData("{\"prompt\": \"a\", \"completion\": 3}\n", "a.jsonl:1: completion must be a text; got 3")]
    [InlineData("[{\"prompt\": \"a\", \"completion\": \"b\"}]\n", "is one JSON array; expected \"grammar\", or JSON Lines")]
    public void A_line_of_fine_tuning_that_does_not_fit_is_named(string content, string message)
    {
        Write("a.jsonl", content);
        Assert.Contains(message,
            Assert.Throws<UserError>(() => TextSources.ForFineTuning(new SftOptions { Data = _folder["a.jsonl"] }).Count()).Message,
            StringComparison.Ordinal);
    }

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);
}
