using CsCheck;

namespace Rlhf.Training.Tests;

public sealed class BatchesTests
{
    [Fact]
    public void Even_parts_are_as_many_as_asked_and_lose_nothing() =>
    Gen.Int[1, 40].Select(Gen.Int[1, 40]).Where((rows, count) => count <= rows).Sample((rows, count) =>
    {
        int[] all = [.. Enumerable.Range(3, rows)];
        int[][] parts = [.. Batches.SplitEvenly(all, count)];
        Assert.Equal(count, parts.Length);
        Assert.Equal(all, parts.SelectMany(p => p));
        Assert.InRange(parts.Max(p => p.Length) - parts.Min(p => p.Length), 0, 1);
    });
}
