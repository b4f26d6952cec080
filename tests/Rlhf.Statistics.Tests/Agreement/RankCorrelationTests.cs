using Rlhf.Statistics.Agreement;

namespace Rlhf.Statistics.Tests.Agreement;

public sealed class RankCorrelationTests
{
    [Fact]
    public void Agrees_with_scipy()
    {
        foreach (var (name, inputs, _, outputs) in Golden.Cases("rank_correlation"))
        {
            if (inputs.Member("judges_by_items") is { } judges)
            {
                var actual = KendallConcordance.Compute(judges.Rows());
                Golden.Equal(outputs.GetProperty("W"), actual.W, name);
                Golden.Equal(outputs.GetProperty("W_without_tie_correction"), actual.Uncorrected, name + ", uncorrected");
                Golden.AllEqual(outputs.GetProperty("mean_ranks"), actual.MeanRanks, name, 1e-9);
                if (outputs.TryGetProperty("chi2", out var chiSquare))
                {
                    Golden.Equal(chiSquare, actual.ChiSquare, name + ", chi square");
                    Assert.Equal(outputs.GetProperty("df").GetInt32(), actual.DegreesOfFreedom);
                    Golden.Equal(outputs.GetProperty("p_chi2"), actual.PValue, name + ", p");
                }
                continue;
            }
            double[] x = inputs.GetProperty("x").Numbers(), y = inputs.GetProperty("y").Numbers();
            var kendall = RankCorrelation.Kendall(x, y);
            Golden.Equal(outputs.GetProperty("kendall_tau_b"), kendall.TauB, name);
            Assert.Equal(outputs.GetProperty("concordant").GetInt64(), kendall.Concordant);
            Assert.Equal(outputs.GetProperty("discordant").GetInt64(), kendall.Discordant);
            Assert.Equal(outputs.GetProperty("tied_x").GetInt64(), kendall.TiedX);
            Assert.Equal(outputs.GetProperty("tied_y").GetInt64(), kendall.TiedY);
            Golden.Equal(outputs.GetProperty("spearman_rho"), RankCorrelation.Spearman(x, y), name + ", Spearman");
            Golden.Equal(outputs.GetProperty("pearson_r"), RankCorrelation.Pearson(x, y), name + ", Pearson");
        }
    }

    [Fact]
    public void Nothing_to_correlate_is_undefined()
    {
        Assert.Null(RankCorrelation.Kendall([1], [1]).TauB);
        Assert.Null(RankCorrelation.Pearson([], []));
        Assert.Null(KendallConcordance.Compute([[1], [1]]).W);
        Assert.Throws<ArgumentException>(() => RankCorrelation.Pearson([1], [1, 2]));
    }
}
