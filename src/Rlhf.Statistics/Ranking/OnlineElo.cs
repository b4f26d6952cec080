namespace Rlhf.Statistics.Ranking;

/// <summary>
/// Elo ratings updated after each game. They depend on the order of the games and do not converge. For items that do not change between
/// games, such as policies, use <see cref="BradleyTerry"/>.
/// </summary>
public static class OnlineElo
{
    /// <param name="games">Winner and loser of each game, in order.</param>
    /// <param name="players">The number of players.</param>
    /// <param name="k">Maximum change of a rating per game, in points.</param>
    /// <param name="start">The initial rating of all players.</param>
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
