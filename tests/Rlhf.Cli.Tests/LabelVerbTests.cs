using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

public sealed class LabelVerbTests
{
    [Fact]
    public void A_template_is_checked_before_anything_is_done()
    {
        using var home = new TemporaryFolder();
        Assert.StartsWith("rlhf: label.template: there is no template 'helpster'; did you mean 'helpsteer'?",
            RlhfProgram.Refused("label", "--home", home["home"], "--set", "template=helpster"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(home["home"]));
    }
}
