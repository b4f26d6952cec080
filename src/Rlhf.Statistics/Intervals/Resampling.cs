using Rlhf.Core.Randomness;

namespace Rlhf.Statistics.Intervals;

/// <summary>
/// Clusters sorted into kinds: clusters of one kind contribute the same to a statistic. The kinds are in a fixed order, so that
/// neither a statistic nor its resamples depend on the order in which the clusters came.
/// </summary>
/// <param name="Kinds">The different clusters, in ascending order.</param>
/// <param name="KindOf">The index of the kind of each cluster, ascending.</param>
internal sealed record ClusterKinds<T>(IReadOnlyList<T> Kinds, int[] KindOf)
{
    /// <summary>How many clusters there are of each kind.</summary>
    public int[] Counts()
    {
        int[] counts = new int[Kinds.Count];
        foreach (int kind in KindOf)
            counts[kind]++;
        return counts;
    }
}

/// <summary>The bootstrap over clusters for statistics that are functions of how many clusters of each kind were drawn.</summary>
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
    /// One value per replicate. <paramref name="statistic"/> gets the number of draws of each kind, in an array that is used again
    /// for the next replicate, and runs on several threads. The draws of replicate b are a function of the stream, b and the sizes of the
    /// kinds alone.
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

/// <summary>Orders sequences by their first difference, the shorter one first where one begins the other.</summary>
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
