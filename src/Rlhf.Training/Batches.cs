using Rlhf.Core.Randomness;

namespace Rlhf.Training;

/// <summary>Which rows make up which batch: planned from the data and the seed alone.</summary>
public static class Batches
{
    /// <summary>Batches whose rows are sorted together are this many: enough to save padding, few enough to keep the mixture.</summary>
    private const int Window = 16;

    /// <summary>
    /// The batches of one epoch: the rows are shuffled, sorted by length within windows of some batches, so that a batch holds rows
    /// of like length, and the batches shuffled again. The last batch may be smaller.
    /// </summary>
    /// <param name="lengths">What each row costs.</param>
    /// <param name="size">Rows in a batch.</param>
    /// <param name="stream">Of the shuffling.</param>
    /// <param name="epoch">Its counter.</param>
    public static IReadOnlyList<int[]> Shuffled(IReadOnlyList<int> lengths, int size, RandomStream stream, int epoch)
    {
        int[] order = stream.Permutation(lengths.Count, (uint)epoch);
        List<int[]> batches = [];
        foreach (int[] window in order.Chunk(size * Window))
            batches.AddRange(window.OrderBy(row => lengths[row]).Chunk(size));
        int[] places = stream.Permutation(batches.Count, (uint)epoch, 1);
        return [.. places.Select(place => batches[place])];
    }

    /// <summary>The rows in order of length, in batches: for evaluation, where the mixture does not matter.</summary>
    public static IEnumerable<int[]> ByLength(IReadOnlyList<int> lengths, int size) =>
        Enumerable.Range(0, lengths.Count).OrderBy(row => lengths[row]).Chunk(size);

    /// <summary>
    /// The rows, in their order, in exactly <paramref name="count"/> parts whose sizes differ by one at most, the larger ones first.
    /// </summary>
    /// <param name="rows">At least as many as parts.</param>
    /// <param name="count">Parts.</param>
    public static IEnumerable<int[]> Even(int[] rows, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, rows.Length);
        int start = 0;
        for (int part = 0; part < count; part++)
        {
            int size = rows.Length / count + (part < rows.Length % count ? 1 : 0);
            yield return rows[start..(start + size)];
            start += size;
        }
    }

    /// <summary>A batch in parts of at most <paramref name="size"/> rows; 0 = in one.</summary>
    public static IEnumerable<int[]> Micro(int[] batch, int size) => size <= 0 || size >= batch.Length ? [batch] : batch.Chunk(size);

    /// <summary>Splits off a share of the rows, chosen by the seed: at least one of two or more, none where the share is 0.</summary>
    /// <returns>The rows to train on and the rows held out, each in their order.</returns>
    public static (IReadOnlyList<T> Training, IReadOnlyList<T> HeldOut) Split<T>(IReadOnlyList<T> rows, double heldOutShare, ulong seed)
    {
        int count = heldOutShare <= 0 || rows.Count < 2 ? 0 : Math.Clamp((int)Math.Round(rows.Count * heldOutShare), 1, rows.Count - 1);
        HashSet<int> heldOut = [.. new RandomStream(seed, "held out").Permutation(rows.Count).Take(count)];
        return ([.. rows.Where((_, i) => !heldOut.Contains(i))], [.. rows.Where((_, i) => heldOut.Contains(i))]);
    }
}
