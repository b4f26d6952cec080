using Rlhf.Core.Randomness;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Ranking;

/// <summary>One comparison of two items.</summary>
/// <param name="Cluster">The cluster of dependent outcomes, for example the prompt, as any number.</param>
/// <param name="First">Index of an item, 0 … items − 1.</param>
/// <param name="Second">Index of another item.</param>
/// <param name="Outcome">1: the first won, 0: the second won, ½: a tie.</param>
public readonly record struct PairOutcome(int Cluster, int First, int Second, double Outcome);

/// <summary>One item of a leaderboard.</summary>
/// <param name="Item">Index of the item.</param>
/// <param name="Score">Logit score, with mean 0 over the items.</param>
/// <param name="Elo">The score in Elo points, with mean 1000.</param>
/// <param name="Comparisons">The number of its comparisons.</param>
/// <param name="WinShare">Win rate with ties as half a win; null without a comparison. It depends on the opponents.</param>
public sealed record LeaderboardEntry(int Item, Interval Score, Interval Elo, int Comparisons, double? WinShare);

/// <summary>
/// Bradley–Terry scores of all comparisons with the percentile bootstrap over clusters. If the comparisons are separated, all scores
/// come from the fit with the prior, and <see cref="Separation"/> has the reason.
/// </summary>
/// <param name="Entries">The items, best first; equal scores by index.</param>
/// <param name="Separation">Null if the likelihood of the data has a finite maximum.</param>
/// <param name="SeparatedReplicates">The number of separated resamples, whose scores come from the fit with the prior.</param>
/// <param name="Penalty">A of that log-prior, −A·Σ score².</param>
public sealed record Leaderboard(IReadOnlyList<LeaderboardEntry> Entries, Separation? Separation, int SeparatedReplicates, double Penalty)
{
    /// <summary>A normal prior with standard deviation 2.2, which is 390 Elo points.</summary>
    public const double DefaultPenalty = 0.1;

    /// <remarks>
    /// Computes the leaderboard. Clusters with equal outcomes are counted together, so the cost of a replicate is the total size of the
    /// distinct clusters plus one fit: 300,000 comparisons of 20 items with 1,000 replicates take a few seconds. The order of comparisons,
    /// and of the two items in each, does not matter.
    /// </remarks>
    public static Leaderboard Compute(IReadOnlyList<PairOutcome> comparisons, int items, RandomStream stream, int replicates = 1000,
        double confidence = 0.95, double penalty = DefaultPenalty)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        var clusters = Resampling.Sort<int[]>(
            comparisons.GroupBy(c => c.Cluster).Select(cluster => cluster.Select(c => Cell(c, items)).Order().ToArray()),
            SequenceOrder<int>.Instance);
        double[,] points = Points(clusters, clusters.Counts(), items);
        var fit = FitOrPrior(points, penalty);
        StrengthFit[] resampled = Resampling.Replicates(clusters, stream, replicates, draws =>
            FitOrPrior(Points(clusters, draws, items), penalty));
        var entries = Enumerable.Range(0, items).Select(item =>
        {
            var score = new BootstrapDistribution(fit.Scores![item], [.. resampled.Select(r => r.Scores![item])], 0).Percentile(confidence);
            double won = Enumerable.Range(0, items).Sum(other => points[item, other]);
            double lost = Enumerable.Range(0, items).Sum(other => points[other, item]);
            return new LeaderboardEntry(item, score, OnEloScale(score), (int)(won + lost), won + lost == 0 ? null : won / (won + lost));
        });
        return new([.. entries.OrderByDescending(entry => entry.Score.Value).ThenBy(entry => entry.Item)], fit.Separation,
            resampled.Count(r => r.Separation is not null), penalty);
    }

    private static StrengthFit FitOrPrior(double[,] points, double penalty) =>
        BradleyTerry.Fit(points) is { Scores: not null } likely ? likely : BradleyTerry.Fit(points, penalty);

    private static Interval OnEloScale(Interval score) => score with
    {
        Value = EloScale.DefaultBase + EloScale.PointsPerUnit * score.Value,
        Low = EloScale.DefaultBase + EloScale.PointsPerUnit * score.Low,
        High = EloScale.DefaultBase + EloScale.PointsPerUnit * score.High,
    };

    /// <summary>(smaller item · items + larger item) · 3 + twice the outcome of the smaller item.</summary>
    private static int Cell(PairOutcome comparison, int items)
    {
        var (_, first, second, outcome) = comparison;
        if (first == second || first < 0 || second < 0 || first >= items || second >= items)
            throw new ArgumentException($"two different items of 0 … {items - 1} are needed; got {first} and {second}", nameof(comparison));
        if (outcome is not (0 or 0.5 or 1))
            throw new ArgumentException($"an outcome is 0, 0.5 or 1; got {outcome}", nameof(comparison));
        return first < second ? (first * items + second) * 3 + (int)(2 * outcome) : (second * items + first) * 3 + (int)(2 - 2 * outcome);
    }

    private static double[,] Points(ClusterKinds<int[]> clusters, int[] counts, int items)
    {
        double[,] points = new double[items, items];
        for (int kind = 0; kind < counts.Length; kind++)
        {
            if (counts[kind] == 0)
                continue;
            foreach (int cell in clusters.Kinds[kind])
            {
                int first = cell / 3 / items, second = cell / 3 % items;
                double outcome = cell % 3 / 2.0;
                points[first, second] += counts[kind] * outcome;
                points[second, first] += counts[kind] * (1 - outcome);
            }
        }
        return points;
    }
}
