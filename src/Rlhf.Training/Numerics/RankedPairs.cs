namespace Rlhf.Training.Numerics;

/// <summary>Two completions of one ranking, by their places in it.</summary>
/// <param name="Better">The preferred one; at a tie the one that stands first.</param>
/// <param name="Worse">The other one.</param>
/// <param name="Places">How many ranks lie between the two; 0 at a tie.</param>
public readonly record struct RankedPair(int Better, int Worse, int Places)
{
    public bool IsTie => Places == 0;
}

/// <summary>The pairs of a ranking: the one enumeration that the loss, the accuracy and the counts use.</summary>
public static class RankedPairs
{
    /// <summary>All pairs of different texts.</summary>
    /// <param name="ranks">One per completion: 1 is best, equal ranks tie.</param>
    /// <param name="texts">
    /// One per completion, equal for equal texts; null where all differ. Nothing can be learnt from a pair of equal texts.
    /// </param>
    public static IEnumerable<RankedPair> Of(IReadOnlyList<int> ranks, IReadOnlyList<int>? texts = null)
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
