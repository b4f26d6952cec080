namespace Rlhf.Storage.Datasets;

/// <summary>A ranking with the annotator who gave it: for the weighting of votes only, nothing of it is written.</summary>
internal sealed record AnnotatorRanking(Guid Annotator, RankedContent Content);

/// <summary>Several annotators' rankings of the same content as training data.</summary>
internal static class Aggregations
{
    /// <summary>
    /// Copeland's rule: for each pair, the completion that more votes rank above the other wins; completions are ordered by wins
    /// less losses, equal numbers are tied. The strength is the mean of those given; one simulated ranking makes the whole simulated.
    /// </summary>
    /// <param name="rankings">Of the same content.</param>
    /// <param name="weight">What the vote of each of them counts.</param>
    public static RankedContent Majority(IReadOnlyList<AnnotatorRanking> rankings, Func<AnnotatorRanking, double> weight)
    {
        var first = rankings[0].Content;
        double[] weights = [.. rankings.Select(weight)];
        var score = new int[first.Ranks.Count];
        for (int i = 0; i < score.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                // Summed in an order of their own, so that the result does not depend on who comes first.
                int votes = Math.Sign(rankings.Select((r, n) => weights[n] * Math.Sign(r.Content.Ranks[j] - r.Content.Ranks[i]))
                    .Order().Sum());
                score[i] += votes;
                score[j] -= votes;
            }
        }
        int[] levels = [.. score.Distinct().OrderDescending()];
        double[] strengths = [.. rankings.Select(r => r.Content.Strength).OfType<double>()];
        return first.Rerank([.. score.Select(s => Array.IndexOf(levels, s) + 1)],
            strengths.Length == 0 ? null : strengths.Order().Average(), rankings.Any(r => r.Content.Simulated));
    }

    /// <summary>Each different ranking once, with the share of the annotators who gave it: the loss is then its mean over them.</summary>
    public static IEnumerable<RankedContent> Soft(IReadOnlyList<AnnotatorRanking> rankings) => rankings
        .GroupBy(r => r.Content.Key())
        .Select(same => same.First().Content with { Share = (double)same.Count() / rankings.Count });

    /// <summary>
    /// What each annotator's vote counts: log(p / (1 − p)) of the share p of pairs on which they agree with the majority of the
    /// others, with one agreement and one disagreement added, and at least 0. For independent votes these weights make the
    /// majority right most often (Nitzan and Paroush 1982).
    /// </summary>
    /// <param name="groups">The rankings of each content.</param>
    public static IReadOnlyDictionary<Guid, double> VoteWeights(IEnumerable<IReadOnlyList<AnnotatorRanking>> groups)
    {
        var counts = new Dictionary<Guid, (int Agreed, int All)>();
        foreach (var group in groups)
        {
            foreach (var ranking in group)
            {
                int[] ranks = [.. ranking.Content.Ranks];
                var (agreed, all) = counts.GetValueOrDefault(ranking.Annotator);
                for (int i = 0; i < ranks.Length; i++)
                {
                    for (int j = 0; j < i; j++)
                    {
                        int own = Math.Sign(ranks[j] - ranks[i]);
                        int others = Math.Sign(group.Sum(r => Math.Sign(r.Content.Ranks[j] - r.Content.Ranks[i])) - own);
                        all += own != 0 && others != 0 ? 1 : 0;
                        agreed += own != 0 && own == others ? 1 : 0;
                    }
                }
                counts[ranking.Annotator] = (agreed, all);
            }
        }
        return counts.ToDictionary(c => c.Key, c => Math.Max(0, Math.Log((c.Value.Agreed + 1.0) / (c.Value.All - c.Value.Agreed + 1.0))));
    }
}
