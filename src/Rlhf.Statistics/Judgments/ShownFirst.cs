using Rlhf.Core.Content;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Agreement;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Judgments;

/// <summary>
/// Whether the completion shown earlier wins more often than the one shown later. Orders are drawn at random for each judgment, so
/// without a position bias the share is ½ whatever the completions are worth.
/// </summary>
/// <param name="Wins">Pairs won by the completion shown earlier.</param>
/// <param name="Decided">Pairs without a tie, of judgments whose order is recorded.</param>
/// <param name="Share">Wins/Decided. With two completions per task Wilson's interval, else the bootstrap over judgments.</param>
/// <param name="Odds">Share/(1 − share).</param>
public sealed record ShownFirst(int Wins, int Decided, Interval Share, Interval Odds)
{
    private const int Replicates = 1000;

    public static ShownFirst Compute(IEnumerable<JudgedTask> tasks, RandomStream stream)
    {
        var counts = tasks.SelectMany(task => task.Judgments).Select(Count).Where(count => count.Decided > 0).ToList();
        int wins = counts.Sum(count => count.Wins), decided = counts.Sum(count => count.Decided);
        var simple = PositionBias.Compute(wins, decided);
        if (counts.TrueForAll(count => count.Decided == 1))
            return new(wins, decided, simple.Share, simple.Odds);
        var share = ClusteredBootstrap.RatioInterval([.. counts.Select(c => ((double)c.Wins, (double)c.Decided))], stream, Replicates);
        return new(wins, decided, share, new(ToOdds(share.Value), ToOdds(share.Low), ToOdds(share.High)));
    }

    private static (int Wins, int Decided) Count(RankingJudgment judgment)
    {
        int wins = 0, decided = 0;
        if (judgment.OrderShown is not { } order)
            return (0, 0);
        for (int i = 0; i < order.Count; i++)
        {
            for (int j = i + 1; j < order.Count; j++)
            {
                int outcome = judgment.Outcome(order[i], order[j]) ?? 0;
                decided += outcome == 0 ? 0 : 1;
                wins += outcome > 0 ? 1 : 0;
            }
        }
        return (wins, decided);
    }

    private static double? ToOdds(double? share) => share is { } p && p < 1 ? p / (1 - p) : null;
}
