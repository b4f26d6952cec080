using Rlhf.Core;

namespace Rlhf.Simulation.Tests;

public sealed class GoldRewardsTests
{
    [Fact]
    public void Every_name_is_found_and_a_wrong_one_is_told_the_right_ones()
    {
        Assert.All(GoldRewards.Names, name => Assert.Equal(name, GoldRewards.Get(name).Name));
        string message = Assert.Throws<UserError>(() => GoldRewards.Get("raviews")).Message;
        Assert.Contains("raviews", message);
        Assert.All(GoldRewards.Names, name => Assert.Contains(name, message));
    }
}
