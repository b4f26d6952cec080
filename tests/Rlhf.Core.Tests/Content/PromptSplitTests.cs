using Rlhf.Core.Content;

namespace Rlhf.Core.Tests.Content;

public sealed class PromptSplitTests
{
    [Fact]
    public void White_space_and_case_do_not_change_the_side()
    {
        Assert.Equal("tell me a story", PromptSplit.Normalize("  Tell\n me  a\tSTORY "));
        Assert.Equal(PromptSplit.HashToUnitInterval("tell me a story"), PromptSplit.HashToUnitInterval("  Tell\n me  a\tSTORY "));
    }

    [Theory]
    [InlineData("caf\u00e9", "cafe\u0301")]
    [InlineData("CAF\u00c9", "cafe\u0301")]
    [InlineData("\u1e0b\u0323", "d\u0323\u0307")]
    [InlineData("J\u030c", "\u01f0")]
    [InlineData("\uac01", "\u1100\u1161\u11a8")]
    [InlineData("\U00010400\u3000x", "\U00010428 X")]
    public void Unicode_spelling_does_not_change_the_side(string one, string other)
    {
        Assert.NotEqual(one, other);
        Assert.Equal(PromptSplit.Normalize(one), PromptSplit.Normalize(other));
        Assert.Equal(PromptSplit.HashToUnitInterval(one), PromptSplit.HashToUnitInterval(other));
    }

    [Fact]
    public void The_place_is_the_hash_of_the_text()
    {
        // printf 'tell me a story' | sha256sum starts with b770dde35b0e06c3.
        Assert.Equal(0xb770dde35b0e06c3UL / 18446744073709551616.0, PromptSplit.HashToUnitInterval("tell me a story"), 1e-15);
    }

    [Fact]
    public void The_share_is_held_out_and_a_larger_share_holds_out_more()
    {
        string[] prompts = [.. Enumerable.Range(0, 5000).Select(i => $"prompt {i}")];
        var quarter = prompts.Where(p => PromptSplit.Side(p) == PromptSide.HeldOut).ToHashSet();
        Assert.Equal(0.25, quarter.Count / 5000.0, 0.02);
        Assert.Subset(prompts.Where(p => PromptSplit.Side(p, 0.3) == PromptSide.HeldOut).ToHashSet(), quarter);
    }
}
