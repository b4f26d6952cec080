using Rlhf.Core.Randomness;
using Rlhf.Statistics.Comparison;

namespace Rlhf.Statistics.Tests.Comparison;

public sealed class WinRateTests
{
    [Fact]
    public void Agrees_with_statsmodels()
    {
        foreach (var (name, inputs, _, outputs) in Golden.Cases("win_rate"))
        {
            int Count(string outcome) => inputs.GetProperty(outcome).GetInt32();
            var (wins, losses, ties) = (Count("wins"), Count("losses"), Count("ties"));
            var rate = WinRate.FromCounts(wins, losses, ties);
            Golden.Equal(outputs.GetProperty("win_rate"), rate.Value, name);
            Golden.Equal(outputs.GetProperty(outputs.TryGetProperty("wilson95_ties_half", out _) ? "wilson95_ties_half" : "wilson95"),
                rate, name);
            if (outputs.TryGetProperty("elo_difference", out var elo))
                Golden.Equal(elo, rate.Value is { } value ? WinRate.EloDifference(value) : null, name + ", Elo");
            if (outputs.TryGetProperty("swapped_win_rate", out var swapped))
                Golden.Equal(swapped, WinRate.FromCounts(losses, wins, ties).Value, name + ", swapped");
        }
    }

    [Fact]
    public void A_tie_is_half_a_win()
    {
        Assert.Equal(1, WinRate.Outcome(2, 1));
        Assert.Equal(0.5, WinRate.Outcome(2, 2));
        Assert.Equal(0, WinRate.Outcome(1, 2));
        Assert.Equal(0.625, WinRate.ByPrompt([[1, 1], [0, 0.5]], new RandomStream(1, "x")).Value);
    }
}
