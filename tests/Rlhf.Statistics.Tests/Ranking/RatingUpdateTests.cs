using System.Text.Json;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Ranking;

public sealed class RatingUpdateTests
{
    [Fact]
    public void Agree_with_trueskill_and_the_formula_of_Elo()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("rating_updates"))
        {
            if (inputs.Member("winner_loser") is { } games)
            {
                (int, int)[] played = [.. games.EnumerateArray().Select(g => (g[0].GetInt32(), g[1].GetInt32()))];
                int players = outputs.GetProperty("ratings").GetArrayLength();
                double k = options.GetProperty("K").GetDouble(), start = options.GetProperty("start").GetDouble();
                Golden.AllEqual(outputs.GetProperty("ratings"), OnlineElo.Rate(played, players, k, start), name, 1e-9);
                Golden.AllEqual(outputs.GetProperty("ratings_in_reversed_order"), OnlineElo.Rate(played.Reverse(), players, k, start),
                    name, 1e-9);
                continue;
            }
            var skill = new TrueSkill(options.GetProperty("beta").GetDouble(), options.GetProperty("tau").GetDouble(),
                options.GetProperty("draw_probability").GetDouble());
            SkillBelief first = Belief(inputs.GetProperty("first")), second = Belief(inputs.GetProperty("second"));
            Beliefs(name + ", win", outputs.GetProperty("first_wins"), skill.Win(first, second));
            Beliefs(name + ", draw", outputs.GetProperty("draw"), skill.Draw(first, second));
        }
    }

    private static SkillBelief Belief(JsonElement pair) => new(pair[0].GetDouble(), pair[1].GetDouble());

    private static void Beliefs(string what, JsonElement expected, (SkillBelief First, SkillBelief Second) actual)
    {
        Golden.AllEqual(expected[0], [actual.First.Mean, actual.First.Deviation], what);
        Golden.AllEqual(expected[1], [actual.Second.Mean, actual.Second.Deviation], what);
    }
}
