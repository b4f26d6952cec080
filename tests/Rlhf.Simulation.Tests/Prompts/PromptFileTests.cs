using System.IO.Compression;
using System.Text;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Simulation.Prompts;
using Rlhf.Testing;

namespace Rlhf.Simulation.Tests.Prompts;

/// <summary>Files that people name as prompts: what is none is refused by name, and never taken for text.</summary>
public sealed class PromptFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, byte[], string> Others => new()
    {
        { "data.parquet", [.. "PAR1"u8, 0x15, 0x04, .. "PAR1"u8], "is a Parquet file; expected" },
        { "array.json", "[{\"prompt\": \"a\"}, {\"prompt\": \"b\"}]"u8.ToArray(), "is one JSON array; expected text with a "
        + "prompt per line" },
        { "array.txt", "[\n  {\"prompt\": \"a\"}\n]\n"u8.ToArray(), "is one JSON array" },
        { "strings.json", "[\"a\", \"b\"]"u8.ToArray(), "is one JSON array" },
        { "pretty.json", "{\n  \"prompt\": \"a\"\n}\n"u8.ToArray(), "is one JSON document over several lines" },
        { "table.csv", "prompt,label\na,1\n"u8.ToArray(), "is a table (.csv)" },
        { "page.txt", "<!DOCTYPE html>\n<html></html>\n"u8.ToArray(), "is a web page" },
        { "latin.txt", [.. "caf"u8, 0xE9, .. "\n"u8], "latin.txt:1: not UTF-8: byte 0xE9" },
        { "zeros.txt", "some words, a\0zero\n"u8.ToArray(), "contains zero bytes" },
        { "control.txt", "one\ntwo\u0002\n"u8.ToArray(), "control.txt:2: a control character (U+0002)" },
        { "utf16.txt", Encoding.Unicode.GetBytes("one\ntwo\nthree\nfour\n"), "UTF-16 without a byte order mark" },
        { "text.jsonl", "One\nTwo\n"u8.ToArray(), "text.jsonl:1: not valid JSON at position 1" },
        { "other.jsonl", "{\"question\": \"a\", \"answer\": \"b\"}\n"u8.ToArray(), "other.jsonl:1: has no \"prompt\" (it has "
        + "question, answer)" },
        { "chat.jsonl", "{\"prompt\": [{\"role\": \"user\"}]}\n"u8.ToArray(), "chat.jsonl:1: its \"prompt\" is a list, not text" },
        { "empty.txt", "\n \n"u8.ToArray(), "contains no prompt" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void What_is_no_file_of_prompts_is_named(string name, byte[] content, string message)
    {
        File.WriteAllBytes(_folder[name], content);
        string refusal = Assert.Throws<UserError>(() => Load(name)).Message;
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        Assert.StartsWith(_folder.Path, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Theory]
    [InlineData("a.txt", "[suggest] a name\n{braces} too\n", "[suggest] a name", "{braces} too")]
    [InlineData("a.txt", "{\"prompt\": \"told by its content\"}\n", "told by its content")]
    [InlineData("a.json", "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n", "a", "b")]
    [InlineData("a.ndjson", "{\"prompt\": \"a\"}", "a")]
    [InlineData("prompts", "no extension\n\n", "no extension")]
    [InlineData("a.txt", "\uFEFFmarked\n", "marked")]
    public void Text_and_JSON_lines_are_told_apart(string name, string content, params string[] prompts)
    {
        File.WriteAllText(_folder[name], content);
        Assert.Equal(prompts.Order(StringComparer.Ordinal), Load(name));
        using (var packed = new GZipStream(File.Create(_folder[name + ".gz"]), CompressionMode.Compress))
            packed.Write(Encoding.UTF8.GetBytes(content));
        Assert.Equal(prompts.Order(StringComparer.Ordinal), Load(name + ".gz"));
    }

    private IEnumerable<string> Load(string name)
    {
        var set = PromptSources.Load(new PromptOptions { Source = _folder[name] }, 1);
        return set.Train.Concat(set.HeldOut).Order(StringComparer.Ordinal);
    }
}
