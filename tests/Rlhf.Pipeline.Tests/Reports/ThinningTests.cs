using CsCheck;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Reports.Page;

namespace Rlhf.Pipeline.Tests.Reports;

public sealed class ThinningTests
{
    [Fact]
    public void A_single_spike_among_200000_points_is_kept()
    {
        var points = Enumerable.Range(0, 200_000).Select(i => new CurvePoint(i, i == 123_457 ? 50 : Math.Sin(i))).ToArray();
        var kept = Thinning.Keep(points, 1000);
        Assert.InRange(kept.Count, 500, 1000);
        Assert.Contains(new CurvePoint(123_457, 50), kept);
    }

    [Fact]
    public void Ends_extremes_and_order_are_kept() =>
        Gen.Select(Gen.Double[-1e3, 1e3].Array[4, 300], Gen.Int[4, 50]).Sample((values, most) =>
    {
        var points = values.Select((y, x) => new CurvePoint(x, y)).ToArray();
        var kept = Thinning.Keep(points, most);
        Assert.True(kept.Count <= Math.Max(most, 4));
        Assert.Equal(points[0], kept[0]);
        Assert.Equal(points[^1], kept[^1]);
        Assert.Equal(points.Max(p => p.Y), kept.Max(p => p.Y));
        Assert.Equal(points.Min(p => p.Y), kept.Min(p => p.Y));
        Assert.Equal(kept.Select(p => p.X).Distinct().Order(), kept.Select(p => p.X));
    }, iter: 300);
}
