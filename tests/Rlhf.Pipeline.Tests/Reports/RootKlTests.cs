using Rlhf.Pipeline.Reports;

namespace Rlhf.Pipeline.Tests.Reports;

public sealed class RootKlTests
{
    /// <summary>Three updates; the first rollout is the starting policy's own.</summary>
    private static readonly CurvePoint[] Kl = [new(1, -0.01), new(2, 4), new(3, 9)];

    [Fact]
    public void A_score_of_a_rollout_stands_at_the_KL_of_that_rollout() =>
        Assert.Equal([new CurvePoint(0, 0.5), new CurvePoint(2, 0.6), new CurvePoint(3, 0.7)],
            RootKl.Over(RootKl.ByUpdate(Kl), [new(1, 0.5), new(2, 0.6), new(3, 0.7)]));

    [Fact]
    public void Samples_after_an_update_stand_at_the_KL_that_the_next_rollout_measures() =>
        Assert.Equal([new CurvePoint(0, 1), new CurvePoint(2, 2), new CurvePoint(4, 3)],
            RootKl.Over(RootKl.AfterUpdates(Kl, evaluated: 16), [new(0, 1), new(1, 2), new(3, 3)]));

    [Fact]
    public void Without_an_evaluation_the_last_samples_have_no_place() =>
        Assert.Equal([new CurvePoint(0, 1)], RootKl.Over(RootKl.AfterUpdates(Kl, evaluated: null), [new(0, 1), new(3, 3)]));
}
