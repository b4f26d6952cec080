namespace Rlhf.Cli.Tests;

/// <summary>Where a worker finds its broker.</summary>
public sealed class BusOptionTests
{
    [Fact]
    public void The_environment_stands_in_for_the_option()
    {
        Answer answer = RlhfProgram.Run(["worker"], new Dictionary<string, string> { ["RLHF_BUS"] = "carrier-pigeon://loft" });
        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("carrier-pigeon", answer.Error);
        Assert.DoesNotContain("required", answer.Error);
    }

    [Fact]
    public void Without_either_the_option_is_asked_for()
    {
        Answer answer = RlhfProgram.Run(["worker"], new Dictionary<string, string> { ["RLHF_BUS"] = "" });
        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("--bus", answer.Error);
    }
}
