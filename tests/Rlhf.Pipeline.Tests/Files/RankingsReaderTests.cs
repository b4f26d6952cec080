using Rlhf.Core;
using Rlhf.Pipeline.Files;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Files;

public sealed class RankingsReaderTests
{
    private const string Good = """{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2]}""";

    private static List<(int Number, RankingLine Ranking)> Read(params string[] lines)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["rankings.jsonl"], lines);
        return [.. RankingsReader.Read(folder["rankings.jsonl"])];
    }

    [Theory]
    [InlineData("train", false)]
    [InlineData("heldOut", true)]
    [InlineData("heldout", true)]
    [InlineData("test", true)]
    public void A_named_split_is_read(string split, bool heldOut)
    {
        var ranking = Assert.Single(Read(Good[..^1] + $", \"split\": \"{split}\"}}")).Ranking;
        Assert.Equal(heldOut, ranking.HeldOut);
    }

    [Fact]
    public void Lines_keep_their_number_and_their_values()
    {
        var read = Read("", Good, "  ", """{"prompt": "q", "completions": ["a", "b"], "ranks": [2, 1], "weight": 0.5, "strength": 2}""");
        Assert.Equal([2, 4], read.Select(r => r.Number));
        Assert.Equal((0.5, 2.0), (read[1].Ranking.Weight, read[1].Ranking.Strength));
        Assert.All(read, r => Assert.Null(r.Ranking.Split));
    }

    [Theory]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "spilt": "test"}""", "did you mean 'split'?")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "split": "dev"}""", "got \"dev\"")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1]}""",
        "ranks: one for each of the 2 completions, 1 is best; got 1")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2, 3]}""", "got 3")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [2, 0]}""",
        "ranks[1] must be a whole number of 1 or more (1 is best); got 0")]
    [InlineData("""{"prompt": "p", "completions": ["a"], "ranks": [1]}""", "two or more; got 1")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "weight": 0}""", "weight must be between 0.000001 and 1000000; got 0")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "weight": 1e39}""", "weight must be between 0.000001 and")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "weight": 1e-40}""", "weight must be between 0.000001 and")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "strength": 1e39}""", "strength must be between 0 and")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "weight": "NaN"}""", "weight must be between 0.000001 and 1000000; got NaN")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "strength": -1}""", "strength must be between 0 and 1000000; got -1")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "ids": [[1]]}""",
        "ids: one list for each of the 2 completions; got 1")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "gold": [1, 2, 3]}""", "gold: one number")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": "1,2"}""", "ranks must be a list; got \"1,2\"")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"]}""", "'ranks' is missing")]
    [InlineData("""["p"]""", "got [\"p\"]")]
    [InlineData("p, a, b", "not valid JSON at position 1: ")]
    [InlineData("""{"prompt": 5, "completions": ["a", "b"], "ranks": [1, 2]}""", "prompt: expected a text or a list")]
    [InlineData("""{"prompt": null, "completions": ["a", "b"], "ranks": [1, 2]}""", "prompt must be a text; got null")]
    [InlineData("""{"prompt": "p", "completions": "a", "ranks": [1, 2]}""", "completions: must be a list")]
    [InlineData("""{"prompt": "p", "completions": null, "ranks": [1, 2]}""", "completions must be a list; got null")]
    [InlineData("""{"prompt": "p", "completions": ["a", 5], "ranks": [1, 2]}""", "completions: expected a text or a list")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1.5, 2]}""",
        "ranks[0] must be a whole number of 1 or more; got 1.5")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, "2"]}""",
        "ranks[1] must be a whole number of 1 or more; got \"2\"")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 3000000000000]}""",
        "ranks[1] must be a whole number of 1 or more, at most 2147483647; got 3000000000000")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, null]}""",
        "ranks[1] must be a whole number of 1 or more; got null")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": null}""", "ranks must be a list; got null")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "weight": "x"}""", "weight must be a number; got \"x\"")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "simulated": 1}""",
        "simulated must be true or false; got 1")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "ids": [[1], ["x"]]}""",
        "ids[1][0] must be a whole number; got \"x\"")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "ids": [[1], null]}""",
        "ids[1] must be a list; got null")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "ranks": [1, 2], "split": "train"}""", "line 1 has none")]
    public void What_is_wrong_is_told_with_file_and_line(string line, string message)
    {
        string error = Assert.Throws<UserError>(() => Read(Good, line)).Message;
        Assert.Contains("rankings.jsonl:2: ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        string[] foreign = ["System.", "Rlhf.", "LineNumber", "constructor"];
        Assert.All(foreign, word => Assert.DoesNotContain(word, error, StringComparison.Ordinal));
    }

    [Fact]
    public void A_prompt_is_on_one_side_only()
    {
        string error = Assert.Throws<UserError>(
            () => Read(Good[..^1] + ", \"split\": \"train\"}", Good[..^1] + ", \"split\": \"test\"}")).Message;
        Assert.Contains(":2: split is \"heldOut\" here and \"train\" on line 1", error, StringComparison.Ordinal);
    }
}
