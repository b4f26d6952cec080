using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>What <c>rlhf collect</c> tells of the files that it imports.</summary>
public sealed class CollectVerbTests : IDisposable
{
    private const string Good = """{"prompt":"p","chosen":"good","rejected":"bad"}""";

    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Lines_that_are_left_out_are_told_of()
    {
        File.WriteAllLines(_place["pairs.jsonl"], [.. Enumerable.Repeat(Good, 150), "{\"chosen\": NaN}"]);
        var answer = Collect("pairs.jsonl");
        Assert.True(answer.ExitCode == 0, answer.Error);
        var collected = JsonDocument.Parse(answer.Text.TrimEnd('\n').Split('\n')[^1]).RootElement.GetProperty("collected");
        int Count(string name) => collected.GetProperty(name).GetInt32();
        Assert.Equal((150, 151, 1), (Count("rankings"), Count("lines"), Count("bad_lines")));
        Assert.StartsWith($"{_place["pairs.jsonl"]}:151: not valid JSON", collected.GetProperty("first_bad_line").GetString());
        Assert.Contains("lines left out: 1 of 151; the first: ", Collect("pairs.jsonl", json: false).Text);
    }

    [Fact]
    public void A_file_of_bad_lines_is_refused()
    {
        File.WriteAllLines(_place["bad.jsonl"], [.. Enumerable.Repeat("what?", 50), Good]);
        var answer = Collect("bad.jsonl");
        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("50 of 51 lines hold no preference", answer.Error);
        Assert.Contains("bad.jsonl:1: not valid JSON", answer.Error);
    }

    [Fact]
    public void A_damaged_archive_is_refused()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(
                string.Concat(Enumerable.Range(0, 5000).Select(i => Good.Replace("p", $"p{i * 7919}", StringComparison.Ordinal) + "\n"))));
        File.WriteAllBytes(_place["cut.jsonl.gz"], packed.ToArray()[..(int)(packed.Length / 2)]);
        var answer = Collect("cut.jsonl.gz");
        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("the gzip data is damaged or truncated", answer.Error);
    }

    private Answer Collect(string file, bool json = true) =>
        RlhfProgram.Run(
            ["collect", "--home", _place["home"], "--set", $"data={_place[file]}", .. json ? ["--json"] : Array.Empty<string>()]);
}
