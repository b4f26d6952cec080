using System.Text.Json;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Ranking;

/// <summary>Compares a fit with what the golden files of Bradley–Terry and Plackett–Luce say of it.</summary>
internal static class Strengths
{
    public static void Equal(string what, JsonElement expected, StrengthFit actual, JsonElement options)
    {
        if (expected.Member("scores") is not { } scores)
        {
            Assert.True(actual.Scores is null, $"{what}: no scores expected");
            Assert.True(actual.Separation is not null, $"{what}: why there are none");
            return;
        }
        Golden.AllEqual(scores, actual.Scores, what);
        if (expected.Member("log_likelihood") is { } logLikelihood)
            Golden.Equal(logLikelihood, actual.LogLikelihood, what + ", log-likelihood", Golden.FitTolerance);
        if (expected.Member("elo") is { } elo)
            Golden.AllEqual(elo, actual.Elo(options.Member("elo_base")?.GetDouble() ?? EloScale.DefaultBase), what + ", Elo");
        if (expected.Member("probability_first_of_all") is { } best)
            Golden.AllEqual(best, actual.ProbabilityOfBest(), what + ", best");
        if (expected.Member("se_sum_to_zero") is { } errors)
            Golden.AllEqual(errors, [.. Enumerable.Range(0, actual.Scores!.Count).Select(i => actual.StandardError(i)!.Value)],
                what + ", standard errors");
        if (expected.Member("se_difference_0_1") is { } difference)
            Golden.Equal(difference, actual.StandardErrorOfDifference(0, 1), what + ", standard error of a difference",
                Golden.FitTolerance);
        if (expected.Member("win_probability") is { } table)
        {
            for (int i = 0; i < table.GetArrayLength(); i++)
                Golden.AllEqual(table[i], [.. Enumerable.Range(0, table.GetArrayLength())
                    .Select(j => actual.WinProbability(i, j)!.Value)], what);
        }
    }
}
