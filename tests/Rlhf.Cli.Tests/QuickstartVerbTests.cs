using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>What <c>rlhf quickstart</c> is given is read before anything runs.</summary>
public sealed class QuickstartVerbTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("ppo.updats=1", "did you mean 'updates'?")]
    [InlineData("ppo.updates=0", "updates")]
    [InlineData("ppo.updates=many", "an integer")]
    [InlineData("modell=x", "model")]
    public void A_set_that_does_not_fit_is_refused(string set, string part) =>
        Assert.Contains(part, Refused("--set", set), StringComparison.Ordinal);

    [Fact]
    public void A_set_that_fits_comes_as_far_as_the_home_folder()
    {
        Assert.Contains("is a file", Refused("--set", "ppo.updates=1", "--set", "seed=3"), StringComparison.Ordinal);
        Assert.Contains("got '-1'", Refused("--seed", "-1"), StringComparison.Ordinal);
    }

    /// <summary>On a home folder that is a file: whatever were not refused would run for minutes.</summary>
    private string Refused(params string[] arguments)
    {
        File.WriteAllText(_place["home"], "");
        return RlhfProgram.Refused(["quickstart", "--home", _place["home"], .. arguments]);
    }
}
