namespace Rlhf.Definitions;

/// <summary>The right name nearest to one that was written wrongly.</summary>
public static class NearestName
{
    /// <summary>"; did you mean 'epochs'?" where a known name is near enough, else the full stop of the sentence.</summary>
    public static string Suggest(string written, IEnumerable<string> known) =>
        Find(written, known) is { } name ? $"; did you mean '{name}'?" : ".";

    /// <summary>The known name with the smallest edit distance (letter case aside), or null where none is near.</summary>
    public static string? Find(string written, IEnumerable<string> known)
    {
        if (written.Length > 100)
            return null;
        var best = known
            .Select(name => (Name: name, Distance: Distance(written.ToLowerInvariant(), name.ToLowerInvariant())))
            .DefaultIfEmpty((Name: "", Distance: int.MaxValue))
            .MinBy(candidate => candidate.Distance);
        return best.Distance <= Math.Max(1, Math.Min(3, best.Name.Length / 2)) ? best.Name : null;
    }

    /// <summary>Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbors, one each.</summary>
    public static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            rows[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[a.Length, b.Length];
    }
}
