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
    [InlineData("must be between 1 and 100000; got 0 (-n)", "sample", "--model", "nowhere", "--prompt", "a", "-n", "0")]
    [InlineData("--temperature", "sample", "--model", "nowhere", "--prompt", "a", "--temperature", "NaN")]
    [InlineData("--temperature", "sample", "--model", "nowhere", "--prompt", "a", "--temperature", "-1")]
    [InlineData("--max-new-tokens", "sample", "--model", "nowhere", "--prompt", "a", "--max-new-tokens", "0")]
    [InlineData("--top-p", "sample", "--model", "nowhere", "--prompt", "a", "--top-p", "1.5")]
    [InlineData("--stop", "sample", "--model", "nowhere", "--prompt", "a", "--stop", "")]
    [InlineData("'two'", "score", "--model", "nowhere", "--ids", "1,two")]
    [InlineData("rlhf has no command 'smaple'; did you mean 'sample'?", "smaple", "--model", "nowhere")]
    [InlineData("rlhf has no command 'zebra'. See rlhf --help", "zebra")]
    [InlineData("rlhf pipeline has no command 'rum'; did you mean 'run'?", "pipeline", "rum", "a.yaml")]
    [InlineData("rlhf sample has no option '--tempreature=1'; did you mean '--temperature'?", "sample", "--tempreature=1")]
    [InlineData("rlhf ppo has no option '--helpp'; did you mean '--help'?", "ppo", "--helpp")]
    [InlineData("rlhf sample takes no argument 'model'; did you mean '--model'?", "sample", "model", "nowhere")]
    [InlineData("--set", "ppo", "--set")]
    [InlineData("--dtype must be auto|fp32|bf16|fp16; got 'fp8'; did you mean 'fp32'?",
        "sample", "--model", "nowhere", "--prompt", "a", "--dtype", "fp8")]
    [InlineData("temperature must be 0 or between 0.001 and 100; got '1E-320' (--temperature)", "sample", "--model", "nowhere", "--prompt",
        "a", "--temperature", "1e-320")]
    [InlineData("--log-level must be trace|debug|information|warning|error|critical|none; got 'loud'. See",
        "serve", "--log-level", "loud")]
    [InlineData("got 'warnin'; did you mean 'warning'? See", "serve", "--log-level", "warnin")]
    [InlineData("got '3'", "serve", "--log-level", "3")]
    [InlineData("kind must be annotator|annotation|prompt; got 'foo'.", "erase", "foo", "1")]
    [InlineData("id must be an id such as", "erase", "prompt", "1")]
    [InlineData("--attempt must be a whole number of 1 or more; got '0'", "execute", "nowhere", "--attempt", "0")]
    [InlineData("--attempt must be a whole number of 1 or more; got 'two'", "execute", "nowhere", "--attempt", "two")]
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

    [Theory]
    [InlineData("quickstart")]
    [InlineData("  run <FILE>", "pipeline")]
    public void A_command_that_wants_another_shows_what_there_is(string part, params string[] arguments)
    {
        Answer answer = RlhfProgram.Run(arguments);
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        Assert.Contains(part, answer.Text, StringComparison.Ordinal);
        Assert.Equal(RlhfProgram.Run([.. arguments, "--help"]).Text, answer.Text);
    }
}
