namespace Rlhf.Statistics.Ranking;

/// <summary>
/// The reason why the likelihood of strengths has no finite maximum: the graph "was better at least once" (a tie counts for both) is not
/// strongly connected (Ford 1957). With a prior scores are finite, but differences between groups come from the prior, not the data.
/// </summary>
/// <param name="Groups">
/// The strongly connected components: between two groups, outcomes go only one way, or there are none.
/// </param>
/// <param name="Components">
/// The connected components of the graph of comparisons; a single one if all groups are connected by comparisons.
/// </param>
/// <param name="NeverCompared">Items without any comparison.</param>
/// <param name="NeverBeaten">Groups with comparisons to other items, none of which was ever better.</param>
/// <param name="NeverBetter">Groups with comparisons to other items that were never better than any of them.</param>
public sealed record Separation(IReadOnlyList<IReadOnlyList<int>> Groups, IReadOnlyList<IReadOnlyList<int>> Components,
    IReadOnlyList<int> NeverCompared, IReadOnlyList<IReadOnlyList<int>> NeverBeaten, IReadOnlyList<IReadOnlyList<int>> NeverBetter)
{
    /// <summary>Describes the reasons, with the items named by <paramref name="name"/>.</summary>
    public string Describe(Func<int, string> name)
    {
        string Names(IReadOnlyList<int> group) => string.Join(", ", group.Select(name));
        List<string> reasons =
        [
            .. NeverCompared.Count == 0 ? Array.Empty<string>() : [$"never compared: {Names(NeverCompared)}"],
            .. NeverBeaten.Select(group => $"never beaten by another: {Names(group)}"),
            .. NeverBetter.Select(group => $"never better than another: {Names(group)}"),
            .. Components.Count < 2
                ? Array.Empty<string>()
                : [$"groups without comparisons between them: {string.Join(" | ", Components.Select(Names))}"],
        ];
        return string.Join("; ", reasons);
    }

    public override string ToString() => Describe(item => $"{item}");

    /// <summary>Finds the separation; null if the graph is strongly connected.</summary>
    /// <param name="better">better[i, j]: i was at least once better than j, or tied with it.</param>
    internal static Separation? Find(bool[,] better)
    {
        if (IsConnected(better))
            return null;
        int n = better.GetLength(0);
        int[] all = [.. Enumerable.Range(0, n)];
        var groups = Split(all, item => Reach(better, item, forward: true).Intersect(Reach(better, item, forward: false)));
        bool[,] met = new bool[n, n];
        foreach (int i in all)
        {
            foreach (int j in all)
                met[i, j] = better[i, j] || better[j, i];
        }
        var islands = Split(all, item => Reach(met, item, forward: true));
        int[] alone = [.. all.Where(i => !all.Any(j => j != i && met[i, j]))];
        bool Any(IReadOnlyList<int> group, Func<int, int, bool> edge) => group.Any(i => all.Any(j => !group.Contains(j) && edge(i, j)));
        var meeting = groups.Where(group => Any(group, (i, j) => met[i, j])).ToList();
        return new(groups, [.. islands.Where(island => !(island.Count == 1 && alone.Contains(island[0])))], alone,
            [.. meeting.Where(group => !Any(group, (i, j) => better[j, i]))],
            [.. meeting.Where(group => !Any(group, (i, j) => better[i, j]))]);
    }

    /// <summary>Whether every item reaches every other.</summary>
    internal static bool IsConnected(bool[,] better)
    {
        int n = better.GetLength(0);
        return n < 2 || (Reach(better, 0, forward: true).Count == n && Reach(better, 0, forward: false).Count == n);
    }

    private static List<IReadOnlyList<int>> Split(int[] items, Func<int, IEnumerable<int>> groupOf)
    {
        var groups = new List<IReadOnlyList<int>>();
        var seen = new HashSet<int>();
        foreach (int item in items)
        {
            if (seen.Contains(item))
                continue;
            int[] group = [.. groupOf(item).Order()];
            groups.Add(group);
            seen.UnionWith(group);
        }
        return groups;
    }

    private static HashSet<int> Reach(bool[,] edges, int from, bool forward)
    {
        var reached = new HashSet<int> { from };
        var open = new Stack<int>([from]);
        while (open.TryPop(out int i))
        {
            for (int j = 0; j < edges.GetLength(0); j++)
            {
                if ((forward ? edges[i, j] : edges[j, i]) && reached.Add(j))
                    open.Push(j);
            }
        }
        return reached;
    }
}
