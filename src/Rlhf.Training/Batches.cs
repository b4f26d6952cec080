using Rlhf.Core.Randomness;

namespace Rlhf.Training;

/// <summary>Plans batches. The result depends only on the data and the seed.</summary>
public static class Batches
{
    /// <summary>
    /// Rows of this many batches are sorted by length together: enough to save padding, few enough to keep batches random.
    /// </summary>
    private const int Window = 16;

    /// <summary>
    /// The batches of one epoch. Rows are shuffled, then sorted by length within windows of several batches, so that rows of a batch have
    /// similar lengths; then the batches are shuffled. One batch may be smaller.
    /// </summary>
    /// <param name="lengths">The length of each row, in tokens.</param>
    /// <param name="size">Rows per batch.</param>
    /// <param name="stream">Random numbers of the shuffles.</param>
    /// <param name="epoch">The epoch, a counter of the random numbers.</param>
    public static IReadOnlyList<int[]> Shuffled(IReadOnlyList<int> lengths, int size, RandomStream stream, int epoch)
    {
        int[] order = stream.Permutation(lengths.Count, (uint)epoch);
        List<int[]> batches = [];
        foreach (int[] window in order.Chunk(size * Window))
            batches.AddRange(window.OrderBy(row => lengths[row]).Chunk(size));
        int[] places = stream.Permutation(batches.Count, (uint)epoch, 1);
        return [.. places.Select(place => batches[place])];
    }

    /// <summary>Batches of rows sorted by length, for evaluation, where the order does not matter.</summary>
    public static IEnumerable<int[]> ByLength(IReadOnlyList<int> lengths, int size) =>
        Enumerable.Range(0, lengths.Count).OrderBy(row => lengths[row]).Chunk(size);

    /// <summary>
    /// Splits rows, in their order, into exactly <paramref name="count"/> parts. Their sizes differ by at most one, the larger ones first.
    /// </summary>
    /// <param name="rows">At least <paramref name="count"/> rows.</param>
    /// <param name="count">The number of parts.</param>
    public static IEnumerable<int[]> SplitEvenly(int[] rows, int count)
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

    /// <summary>Splits a batch into micro-batches of at most <paramref name="size"/> rows; 0 = one micro-batch.</summary>
    public static IEnumerable<int[]> MicroBatches(int[] batch, int size) => size <= 0 || size >= batch.Length ? [batch] : batch.Chunk(size);

    /// <summary>
    /// Holds out a random share of the rows, chosen by the seed: none if the share is 0, else at least one of two or more rows.
    /// </summary>
    /// <returns>The training rows and the held-out rows, each in the original order.</returns>
    public static (IReadOnlyList<T> Training, IReadOnlyList<T> HeldOut) Split<T>(IReadOnlyList<T> rows, double heldOutShare, ulong seed)
    {
        int count = heldOutShare <= 0 || rows.Count < 2 ? 0 : Math.Clamp((int)Math.Round(rows.Count * heldOutShare), 1, rows.Count - 1);
        HashSet<int> heldOut = [.. new RandomStream(seed, "held out").Permutation(rows.Count).Take(count)];
        return ([.. rows.Where((_, i) => !heldOut.Contains(i))], [.. rows.Where((_, i) => heldOut.Contains(i))]);
    }
}
