using Rlhf.Cli.Output;

namespace Rlhf.Cli.Tests;

public sealed class ShownCommandTests
{
    [Theory]
    [InlineData("rlhf quickstart --seed 3", "quickstart", "--seed", "3", "--no-serve", "--json")]
    [InlineData("rlhf pipeline run a.yaml --set ppo.updates=5", "pipeline", "run", "a.yaml", "--home", "/x", "--set", "ppo.updates=5")]
    [InlineData("rlhf pipeline run 'my file.yaml'", "pipeline", "run", "my file.yaml", "--home=/x")]
    [InlineData("rlhf pipeline run 'it'\\''s.yaml'", "pipeline", "run", "it's.yaml")]
    public void What_makes_the_result_again(string expected, params string[] arguments) =>
        Assert.Equal(expected, ReproduceCommand.Format(arguments));

    [Theory]
    [InlineData("--bus", "rabbitmq://guest:secret@host")]
    [InlineData("--bus=rabbitmq://guest:secret@host")]
    [InlineData("--bus:rabbitmq://guest:secret@host")]
    public void The_password_of_a_bus_is_never_shown(params string[] bus) =>
        Assert.Equal("rlhf pipeline run a.yaml", ReproduceCommand.Format(["pipeline", "run", "a.yaml", .. bus]));
}
