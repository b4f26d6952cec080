using Rlhf.Core.Randomness;
using Rlhf.Simulation.Annotators;

namespace Rlhf.Simulation.Tests.Annotators;

public sealed class MallowsTests
{
    [Fact]
    public void Rates_by_hand()
    {
        // Two items: P(wrong) = φ/(1+φ). φ = 1 is uniform: half of the pairs are wrong.
        Assert.Equal(0.25, Mallows.ErrorRate(2, 1.0 / 3), 1e-12);
        Assert.Equal(0.5, Mallows.ErrorRate(5, 1), 1e-12);
        Assert.Equal(0, Mallows.ErrorRate(5, 0));
        // Three items, φ = ½: distances 0, 1, 1, 2, 2, 3 weigh 1, ½, ½, ¼, ¼, ⅛, in all 2.625; the mean distance is (1 + 1 + ⅜)/2.625.
        Assert.Equal(2.375 / 2.625 / 3, Mallows.ErrorRate(3, 0.5), 1e-12);
    }

    [Theory]
    [InlineData(2, 0.15)]
    [InlineData(4, 0.15)]
    [InlineData(9, 0.3)]
    public void The_dispersion_gives_the_rate(int count, double rate) =>
        Assert.Equal(rate, Mallows.ErrorRate(count, Mallows.Dispersion(count, rate)), 1e-9);

    [Fact]
    public void Draws_have_the_probabilities_of_the_model()
    {
        var stream = new RandomStream(5, "mallows");
        var counts = new Dictionary<string, int>();
        const int draws = 40_000;
        for (uint draw = 0; draw < draws; draw++)
        {
            string order = string.Concat(Mallows.Draw(3, 0.5, i => stream.Uniform(draw, (uint)i)));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }
        (string Order, double Weight)[] expected = [("012", 1), ("102", 0.5), ("021", 0.5), ("120", 0.25), ("201", 0.25), ("210", 0.125)];
        Assert.All(expected, row => Assert.Equal(row.Weight / 2.625, counts[row.Order] / (double)draws, 0.01));
    }
}
