namespace Rlhf.Storage.Labeling.Pausing;

/// <summary>What somebody's rankings have in common beside the completions.</summary>
/// <param name="Same">How many keep the order shown, or are the same by place.</param>
/// <param name="Of">Of how many that could differ.</param>
/// <param name="Expected">How many chance brings.</param>
/// <param name="Probability">Of as many or more by chance.</param>
/// <param name="KeepsOrder">Whether it is the order shown that is kept; else one answer is repeated.</param>
internal sealed record StraightLining(int Same, int Of, double Expected, double Probability, bool KeepsOrder)
{
    public double Share => (double)Same / Of;

    /// <summary>The most conspicuous pattern among some rankings; null where there is none.</summary>
    public static StraightLining? Find(IReadOnlyList<ShownArrangement> rankings)
    {
        if (rankings.Count == 0)
            return null;
        var kept = Measure(rankings, ranking => ranking.KeepsOrder, _ => true, patterns: 1, keepsOrder: true);
        var patterns = rankings.GroupBy(ranking => ranking.Pattern).ToList();
        var repeated = patterns.Select(pattern => Measure(rankings, ranking => ranking.Pattern == pattern.Key,
            ranking => ranking.Sizes == pattern.First().Sizes, patterns.Count, keepsOrder: false));
        // Whoever keeps the order of strict rankings repeats an answer too: then the order is what is told.
        return repeated.Prepend(kept).MinBy(found => found.Probability);
    }

    /// <param name="rankings">All of them.</param>
    /// <param name="is">Whether a ranking has the pattern.</param>
    /// <param name="may">Whether it could have it by chance.</param>
    /// <param name="patterns">How many patterns are looked at: the more, the sooner one is conspicuous by chance.</param>
    /// <param name="keepsOrder">Which kind of pattern it is.</param>
    private static StraightLining Measure(
        IReadOnlyList<ShownArrangement> rankings, Func<ShownArrangement, bool> @is, Func<ShownArrangement, bool> may, int patterns,
        bool keepsOrder)
    {
        int same = rankings.Count(@is);
        double[] chances = [.. rankings.Select(ranking => may(ranking) ? ranking.Chance : 0)];
        return new StraightLining(
            same, rankings.Count, chances.Sum(), Math.Min(1, patterns * AtLeast(same, chances)), keepsOrder);
    }

    /// <summary>The probability that at least so many of independent events happen, each with its own probability.</summary>
    internal static double AtLeast(int count, IReadOnlyList<double> chances)
    {
        // exactly[k]: k of the events so far; the last entry gathers "count or more".
        double[] exactly = new double[count + 1];
        exactly[0] = 1;
        foreach (double chance in chances)
        {
            for (int k = count; k >= 0; k--)
            {
                double stays = k == count ? exactly[k] : exactly[k] * (1 - chance);
                exactly[k] = stays + (k > 0 ? exactly[k - 1] * chance : 0);
            }
        }
        return exactly[count];
    }
}
