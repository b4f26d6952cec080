namespace Rlhf.Statistics.Ranking;

/// <summary>
/// Elo ratings updated game by game. They depend on the order of the games and never settle: for comparing what does not change
/// between games, as policies do not, use <see cref="BradleyTerry"/>.
/// </summary>
public static class OnlineElo
{
    /// <param name="games">Winner and loser of each game, in order.</param>
    /// <param name="players">The number of players.</param>
    /// <param name="k">The most points that a game moves.</param>
    /// <param name="start">Everybody's first rating.</param>
    public static double[] Rate(IEnumerable<(int Winner, int Loser)> games, int players, double k = 32, double start = EloScale.DefaultBase)
    {
        double[] ratings = [.. Enumerable.Repeat(start, players)];
        foreach (var (winner, loser) in games)
        {
            double moved = k * (1 - EloScale.ExpectedOutcome(ratings[winner], ratings[loser]));
            ratings[winner] += moved;
            ratings[loser] -= moved;
        }
        return ratings;
    }
}
