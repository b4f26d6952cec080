using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

public sealed class GoldVerbTests
{
    /// <summary>
    /// The gold reward of reviews reads what a prompt asks for: a prompt of another kind has none, and the message says which line it is.
    /// </summary>
    [Fact]
    public void A_prompt_that_a_gold_reward_cannot_judge_is_named_by_file_and_line()
    {
        using var place = new TemporaryFolder();
        File.WriteAllLines(place["texts.jsonl"],
        [
            """{"prompt": "Review of the bakery \"Copper Kettle\", known for its bread and its terrace:", "completion": " The bread is good."}""",
            "",
            """{"prompt": "Once upon a time", "completion": " there was a bakery."}""",
        ]);
        string refusal = RlhfProgram.Refused("gold", "--reward", "reviews", "--file", place["texts.jsonl"]);
        Assert.Contains("texts.jsonl:3: not a prompt of the bundled reviews: 'Once upon a time'", refusal, StringComparison.Ordinal);
    }
}
