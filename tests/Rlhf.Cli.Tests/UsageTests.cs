namespace Rlhf.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("'nonsense'", "nonsense")]
    [InlineData("'--nonsense'", "--nonsense")]
    [InlineData("--model", "tokenize", "--text", "a")]
    [InlineData("--text, --file or --ids", "tokenize", "--model", "nowhere")]
    [InlineData("only one", "tokenize", "--model", "nowhere", "--text", "a", "--ids", "1")]
    [InlineData("nowhere", "tokenize", "--model", "nowhere", "--text", "a")]
    [InlineData("'--nonsense'", "tokenize", "--model", "nowhere", "--nonsense", "a")]
    [InlineData("'many'", "sample", "--model", "nowhere", "--prompt", "a", "-n", "many")]
    [InlineData("-n 0", "sample", "--model", "nowhere", "--prompt", "a", "-n", "0")]
    [InlineData("--temperature", "sample", "--model", "nowhere", "--prompt", "a", "--temperature", "NaN")]
    [InlineData("--temperature", "sample", "--model", "nowhere", "--prompt", "a", "--temperature", "-1")]
    [InlineData("--max-new-tokens", "sample", "--model", "nowhere", "--prompt", "a", "--max-new-tokens", "0")]
    [InlineData("--top-p", "sample", "--model", "nowhere", "--prompt", "a", "--top-p", "1.5")]
    [InlineData("--stop", "sample", "--model", "nowhere", "--prompt", "a", "--stop", "")]
    [InlineData("'two'", "score", "--model", "nowhere", "--ids", "1,two")]
    [InlineData("rabbitmq://", "doctor", "--bus", "nonsense")]
    public void Wrong_usage_is_told_in_one_line(string part, params string[] arguments) =>
        Assert.Contains(part, RlhfProgram.Refused(arguments), StringComparison.Ordinal);

    [Fact]
    public void Help_and_version_are_no_errors()
    {
        Answer help = RlhfProgram.Run("sample", "--help");
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.Contains("--max-new-tokens", help.Text, StringComparison.Ordinal);
        Assert.Equal(0, RlhfProgram.Run("--version").ExitCode);
    }
}
