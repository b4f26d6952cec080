using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Hub.Work;

namespace Rlhf.Pipeline.Tests.Hub.Work;

public sealed class CandidateOrderTests
{
    [Theory]
    [InlineData(9, 3)]
    [InlineData(3, 9)]
    [InlineData(10, 0)]
    [InlineData(0, 10)]
    [InlineData(120, 40)]
    [InlineData(1, 1)]
    public void Wherever_labeling_ends_both_sides_are_there_in_proportion(int train, int heldOut)
    {
        var lines = Lines(train, heldOut);
        var mixed = CandidateOrder.Mix(lines, most: 0);
        Assert.Equal(lines.Select(l => l.Prompt).Order(), mixed.Select(l => l.Prompt).Order());
        for (int n = 1; n <= mixed.Count; n++)
            Assert.InRange(mixed.Take(n).Count(l => l.HeldOut) - (double)n * heldOut / mixed.Count, -0.5, 0.5);
        // Each side in its own order.
        foreach (bool side in new[] { true, false })
            Assert.Equal(lines.Where(l => l.HeldOut == side), mixed.Where(l => l.HeldOut == side));
    }

    [Fact]
    public void At_most_so_many_are_taken()
    {
        var mixed = CandidateOrder.Mix(Lines(90, 30), most: 12);
        Assert.Equal((9, 3), (mixed.Count(l => !l.HeldOut), mixed.Count(l => l.HeldOut)));
        Assert.Equal(120, CandidateOrder.Mix(Lines(90, 30), most: 500).Count);
    }

    private static List<CandidateLine> Lines(int train, int heldOut) =>
        [.. Enumerable.Range(0, train + heldOut).Select(i => new CandidateLine($"prompt {i}", HeldOut: i >= train, []))];
}
