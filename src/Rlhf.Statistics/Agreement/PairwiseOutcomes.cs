namespace Rlhf.Statistics.Agreement;

/// <summary>Turns rankings of the same items into the outcomes of all pairs, to measure their agreement.</summary>
public static class PairwiseOutcomes
{
    /// <summary>
    /// The outcomes of one ranking, for pairs (i, j) with i &lt; j in lexicographic order: 1 if i is better (smaller rank), 0 if both have
    /// the same rank, −1 if j is better.
    /// </summary>
    public static IReadOnlyList<double> FromRanks(IReadOnlyList<double> ranks)
    {
        var outcomes = new List<double>(ranks.Count * (ranks.Count - 1) / 2);
        for (int i = 0; i < ranks.Count; i++)
        {
            for (int j = i + 1; j < ranks.Count; j++)
                outcomes.Add(Math.Sign(ranks[j] - ranks[i]));
        }
        return outcomes;
    }

    /// <summary>One unit per pair of items of a task, with the outcomes of all rankings of that task.</summary>
    public static IReadOnlyList<IReadOnlyList<double>> ToUnits(IReadOnlyList<IReadOnlyList<double>> rankings)
    {
        if (rankings.Count == 0)
            return [];
        if (rankings.FirstOrDefault(ranks => ranks.Count != rankings[0].Count) is { } other)
            throw new ArgumentException($"rankings of {rankings[0].Count} and of {other.Count} items in one task", nameof(rankings));
        IReadOnlyList<double>[] outcomes = [.. rankings.Select(FromRanks)];
        return [.. Enumerable.Range(0, outcomes[0].Count).Select(pair => outcomes.Select(outcome => outcome[pair]).ToArray())];
    }
}
