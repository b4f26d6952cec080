using CsCheck;

namespace Rlhf.Definitions.Tests;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("epohcs", "epochs", 1)]
    [InlineData("ab", "", 2)]
    public void Distances_by_hand(string a, string b, int distance) => Assert.Equal(distance, NearestName.Distance(a, b));

    [Fact]
    public void Distance_is_symmetric_and_at_most_the_longer_length() =>
        Gen.Select(Gen.String[Gen.Char['a', 'd'], 0, 8], Gen.String[Gen.Char['a', 'd'], 0, 8]).Sample((a, b) =>
            NearestName.Distance(a, b) == NearestName.Distance(b, a)
            && NearestName.Distance(a, b) <= Math.Max(a.Length, b.Length)
            && (NearestName.Distance(a, b) == 0) == (a == b));

    [Fact]
    public void Far_names_are_not_suggested() => Assert.Null(NearestName.Find("zebra", ["epochs", "seed", "dtype"]));
}
