namespace Rlhf.Training.Numerics;

/// <summary>Two completions of one ranking, by index.</summary>
/// <param name="Better">Index of the preferred one; if tied, of the one that comes first.</param>
/// <param name="Worse">Index of the other one.</param>
/// <param name="Places">The difference of the two ranks; 0 if tied.</param>
public readonly record struct RankedPair(int Better, int Worse, int Places)
{
    public bool IsTie => Places == 0;
}

/// <summary>Enumerates the pairs of a ranking, for the loss, the accuracy and the counts.</summary>
public static class RankedPairs
{
    /// <summary>All pairs of completions with different texts.</summary>
    /// <param name="ranks">One rank per completion: 1 is best, equal ranks are tied.</param>
    /// <param name="texts">
    /// One number per completion, equal for equal texts; null = all differ. A pair of equal texts has no training signal.
    /// </param>
    public static IEnumerable<RankedPair> Enumerate(IReadOnlyList<int> ranks, IReadOnlyList<int>? texts = null)
    {
        for (int i = 0; i < ranks.Count; i++)
        {
            for (int j = i + 1; j < ranks.Count; j++)
            {
                if (texts is not null && texts[i] == texts[j])
                    continue;
                bool swap = ranks[i] > ranks[j];
                yield return new RankedPair(swap ? j : i, swap ? i : j, Math.Abs(ranks[i] - ranks[j]));
            }
        }
    }
}
