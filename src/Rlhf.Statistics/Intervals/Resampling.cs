using Rlhf.Core.Randomness;

namespace Rlhf.Statistics.Intervals;

/// <summary>
/// Clusters grouped into kinds: clusters of one kind contribute equally to a statistic. The kinds are in a canonical order, so that
/// neither a statistic nor its resamples depend on the order of the clusters.
/// </summary>
/// <param name="Kinds">The distinct clusters, in ascending order.</param>
/// <param name="KindOf">The index of the kind of each cluster, ascending.</param>
internal sealed record ClusterKinds<T>(IReadOnlyList<T> Kinds, int[] KindOf)
{
    /// <summary>The number of clusters of each kind.</summary>
    public int[] Counts()
    {
        int[] counts = new int[Kinds.Count];
        foreach (int kind in KindOf)
            counts[kind]++;
        return counts;
    }
}

/// <summary>The bootstrap over clusters, for statistics that depend only on the number of drawn clusters of each kind.</summary>
internal static class Resampling
{
    public static ClusterKinds<T> Sort<T>(IEnumerable<T> clusters, IComparer<T> order)
    {
        T[] sorted = [.. clusters];
        Array.Sort(sorted, order);
        var kinds = new List<T>();
        int[] kindOf = new int[sorted.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            if (i == 0 || order.Compare(sorted[i - 1], sorted[i]) != 0)
                kinds.Add(sorted[i]);
            kindOf[i] = kinds.Count - 1;
        }
        return new(kinds, kindOf);
    }

    /// <summary>
    /// One value per replicate. <paramref name="statistic"/> is given the number of draws of each kind, in an array that is reused for the
    /// next replicate, and is called from several threads. The draws of replicate b are a pure function of the stream, b and the sizes of
    /// the kinds.
    /// </summary>
    public static TResult[] Replicates<T, TResult>(ClusterKinds<T> clusters, RandomStream stream, int replicates,
        Func<int[], TResult> statistic)
    {
        int[] starts = new int[clusters.Kinds.Count + 1];
        foreach (int kind in clusters.KindOf)
            starts[kind + 1]++;
        for (int kind = 1; kind < starts.Length; kind++)
            starts[kind] += starts[kind - 1];
        var results = new TResult[replicates];
        Parallel.For(0, replicates, () => new int[clusters.Kinds.Count], (b, _, draws) =>
        {
            MultinomialDraws.Fill(clusters.KindOf, starts, stream, (uint)b, draws);
            results[b] = statistic(draws);
            return draws;
        }, _ => { });
        return results;
    }
}

/// <summary>Lexicographic order of sequences: by the first difference, and a prefix comes first.</summary>
internal sealed class SequenceOrder<T> : IComparer<IReadOnlyList<T>> where T : IComparable<T>
{
    public static SequenceOrder<T> Instance { get; } = new();

    public int Compare(IReadOnlyList<T>? x, IReadOnlyList<T>? y)
    {
        for (int i = 0; i < x!.Count && i < y!.Count; i++)
        {
            int order = x[i].CompareTo(y[i]);
            if (order != 0)
                return order;
        }
        return x.Count.CompareTo(y!.Count);
    }
}
