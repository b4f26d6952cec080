using Rlhf.Core;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Runs;

public sealed class RunJsonTests
{
    [Theory]
    [InlineData("""{"prompt": "p", "heldOut": "no", "completions": []}""", "heldOut must be true or false; got \"no\"")]
    [InlineData("""{"prompt": "p", "heldOut": false, "completions": {}}""", "completions must be a list; got {}")]
    [InlineData("""{"prompt": "p", "heldOut": false, "completions": [{"text": "a", "ids": [1.5], "logProbs": [], "finish": "eos"}]}""",
        "completions[0].ids[0] must be a whole number; got 1.5")]
    [InlineData("""{"prompt": "p", "heldOut": false, "completions": [{"text": "a", "ids": null, "logProbs": [], "finish": "eos"}]}""",
        "completions[0].ids must be a list; got null")]
    [InlineData("""{"prompt": "p", "heldOut": false, "completions": [{"text": "a", "ids": [1], "logProbs": [], "finish": 7}]}""",
        "completions[0].finish must be a text; got 7")]
    [InlineData("""{"prompt": "p", "heldOut": false}""", "'completions' is missing")]
    [InlineData("{\"prompt\"", "not valid JSON at position 10: ")]
    public void A_line_that_does_not_fit_is_told_with_file_line_and_place(string line, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["candidates.jsonl"], ["", line]);
        string error = Assert.Throws<UserError>(() => RunJson.ReadLines<CandidateLine>(folder["candidates.jsonl"]).ToList()).Message;
        Assert.StartsWith($"{folder["candidates.jsonl"]}:2: {message}", error, StringComparison.Ordinal);
    }
}
