using Rlhf.Core;
using Rlhf.Pipeline.Files;
using Rlhf.Storage.Datasets;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Files;

public sealed class PromptWeightsTests
{
    private static readonly string Hash = DatasetRequest.PromptKey("q");

    private static IReadOnlyDictionary<string, double> Read(params string[] lines)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["weights.jsonl"], lines);
        return PromptWeights.Read(folder["weights.jsonl"]);
    }

    [Fact]
    public void A_prompt_is_named_by_its_text_or_by_its_hash()
    {
        var weights = Read("""{"prompt": "p", "weight": 0.5}""", "", $$"""{"promptHash": "{{Hash}}", "weight": 3}""", """{"prompt": " P ", "weight": 0.5}""");
        Assert.Equal(new Dictionary<string, double> { [DatasetRequest.PromptKey("p")] = 0.5, [Hash] = 3 }, weights);
    }

    [Theory]
    [InlineData("""{"prompt": "p", "wieght": 2}""", "did you mean 'weight'?")]
    [InlineData("""{"prompt": "p"}""", "\"weight\" is missing")]
    [InlineData("""{"prompt": "p", "weight": 0}""", "weight must be a number between 0.000001 and 1000000; got 0")]
    [InlineData("""{"prompt": "p", "weight": 1e999}""", "weight must be a number between 0.000001 and 1000000; got 1e999")]
    [InlineData("""{"prompt": "p", "weight": "2"}""", "weight must be a number between")]
    [InlineData("""{"weight": 2}""", "give \"prompt\" or \"promptHash\"")]
    [InlineData("""{"prompt": "p", "promptHash": "00", "weight": 2}""", "give \"prompt\" or \"promptHash\"")]
    [InlineData("""{"promptHash": "00", "weight": 2}""", "promptHash must be a SHA-256")]
    [InlineData("""{"prompt": [{"role": "user", "content": "p"}], "weight": 2}""", "prompt must be a text")]
    [InlineData("""{"prompt": "A", "weight": 2}""", "weight is 2 here and 0.5 on line 1")]
    [InlineData("""[1]""", "expected {\"prompt\": \"text\", \"weight\": number}")]
    [InlineData("p 2", "not valid JSON")]
    public void What_is_wrong_is_told_with_file_and_line(string line, string message)
    {
        string error = Assert.Throws<UserError>(() => Read("""{"prompt": "a", "weight": 0.5}""", line)).Message;
        Assert.Contains("weights.jsonl:2: ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }
}
