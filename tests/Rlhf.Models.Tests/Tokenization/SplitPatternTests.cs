using Rlhf.Models.Tokenization;

namespace Rlhf.Models.Tests.Tokenization;

public sealed class SplitPatternTests
{
    private static string[] Split(string pattern, string text) =>
        [.. SplitPattern.FromRegex(pattern, "test").Parts(text).Select(p => text[p.Start..p.End])];

    [Theory]
    [InlineData("a\U0001D49C\U0001F600b", new[] { "a\U0001D49C", "\U0001F600", "b" })] // a mathematical letter is a letter
    [InlineData("1\U0001D7CEx", new[] { "1\U0001D7CE", "x" })] // a mathematical digit is a number
    [InlineData("\U0001D49C's \U0001F600", new[] { "\U0001D49C", "'s", " \U0001F600" })]
    [InlineData("   a  ", new[] { "  ", " a", "  " })]
    public void Gpt2_cuts_by_code_points(string text, string[] parts) => Assert.Equal(parts, Split(SplitPattern.Gpt2, text));

    [Fact]
    public void Case_folds_as_in_Unicode() => Assert.Equal(["x", "'ſ", "y"], Split("(?i:'s)|.", "x'ſy"));

    [Fact]
    public void Behaviors_are_those_of_the_reference()
    {
        // tokenizers' documentation of SplitDelimiterBehavior: "the-final--countdown" cut at "-".
        static string[] Apply(SplitBehavior behavior)
        {
            const string Text = "the-final--countdown";
            return [.. SplitBehaviors.Apply(SplitPattern.Literal("-").Parts(Text), behavior).Select(p => Text[p.Start..p.End])];
        }
        Assert.Equal(["the", "final", "countdown"], Apply(SplitBehavior.Removed));
        Assert.Equal(["the", "-", "final", "-", "-", "countdown"], Apply(SplitBehavior.Isolated));
        Assert.Equal(["the-", "final-", "-", "countdown"], Apply(SplitBehavior.MergedWithPrevious));
        Assert.Equal(["the", "-final", "-", "-countdown"], Apply(SplitBehavior.MergedWithNext));
        Assert.Equal(["the", "-", "final", "--", "countdown"], Apply(SplitBehavior.Contiguous));
    }
}
