using System.Text.Json;
using CsCheck;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Ranking;

public sealed class TieModelTests
{
    [Fact]
    public void Agree_with_scipy()
    {
        foreach (var (name, inputs, _, outputs) in Golden.Cases("tie_models"))
        {
            int[,] wins = inputs.GetProperty("wins").Table(), ties = inputs.GetProperty("ties").Table();
            Compare($"{name}, Rao-Kupper", outputs.GetProperty("rao_kupper"), TieModels.RaoKupper(wins, ties), "theta",
                TieModels.RaoKupper);
            Compare($"{name}, Davidson", outputs.GetProperty("davidson"), TieModels.Davidson(wins, ties), "nu", TieModels.Davidson);
        }
    }

    private static void Compare(string what, JsonElement expected, TieFit actual, string parameter, Func<double, double,
        OutcomeProbabilities> predict)
    {
        if (expected.Member("scores") is not { } scores)
        {
            Assert.True(actual.Scores is null && actual.WhyUndefined is not null, what);
            return;
        }
        Golden.AllEqual(scores, actual.Scores, what);
        Golden.Equal(expected.GetProperty(parameter), actual.TieParameter, what, Golden.FitTolerance);
        Golden.Equal(expected.GetProperty("log_likelihood"), actual.LogLikelihood, what, Golden.FitTolerance);
        var first = predict(actual.Scores![0] - actual.Scores[1], actual.TieParameter!.Value);
        Golden.Equal(expected.GetProperty("p_0_beats_1"), first.FirstWins, what, Golden.FitTolerance);
        Golden.Equal(expected.GetProperty("p_1_beats_0"), first.SecondWins, what, Golden.FitTolerance);
        Golden.Equal(expected.GetProperty("p_tie_0_1"), first.Tie, what, Golden.FitTolerance);
    }

    [Fact]
    public void Without_a_tie_the_scores_are_those_of_Bradley_Terry()
    {
        int[,] wins = { { 0, 5 }, { 3, 0 } };
        var fit = TieModels.Davidson(wins, new int[2, 2]);
        Assert.Equal(BradleyTerry.Fit(BradleyTerry.Points(wins)).Scores, fit.WithoutTies!.Scores);
    }

    [Fact]
    public void Every_table_gives_numbers_or_a_reason() =>
        Gen.Select(Gen.Int[0, 3].Array[9], Gen.Int[0, 2].Array[3]).Sample((cells, tied) =>
        {
            int[,] wins = new int[3, 3], ties = new int[3, 3];
            for (int i = 0; i < 3; i++)
            {
                for (int j = 0; j < 3; j++)
                {
                    if (i != j)
                        (wins[i, j], ties[i, j]) = (cells[i * 3 + j], tied[i + j - 1]);
                }
            }
            return new[] { TieModels.Davidson(wins, ties), TieModels.RaoKupper(wins, ties) }.All(fit =>
                fit.Scores is null ? fit.WhyUndefined is not null : fit.Scores.All(double.IsFinite)
                    && double.IsFinite(fit.TieParameter!.Value));
        });
}
