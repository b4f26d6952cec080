namespace Rlhf.Storage.Datasets;

/// <summary>Several rankings of the same content as one.</summary>
internal static class MajorityRanking
{
    /// <summary>
    /// Copeland's rule: for each pair, the completion that more annotators rank above the other wins; completions are ordered
    /// by wins less losses, equal numbers are tied. The strength is the mean of those given; one simulated ranking makes the
    /// whole simulated.
    /// </summary>
    public static RankedContent Aggregate(IReadOnlyList<RankedContent> rankings)
    {
        var first = rankings[0];
        int count = first.Completions.Count;
        var score = new int[count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                int votes = Math.Sign(rankings.Sum(r => Math.Sign(r.Ranks[j] - r.Ranks[i])));
                score[i] += votes;
                score[j] -= votes;
            }
        }
        int[] levels = [.. score.Distinct().OrderDescending()];
        double[] strengths = [.. rankings.Select(r => r.Strength).OfType<double>()];
        return RankedContent.Create(first.Prompt, first.PromptText,
            first.Completions.Select((json, i) => (json, Array.IndexOf(levels, score[i]) + 1)),
            strengths.Length == 0 ? null : strengths.Order().Average(), rankings.Any(r => r.Simulated))!;
    }
}
