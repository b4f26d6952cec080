namespace Rlhf.Models.Tokenization;

/// <summary>What a split does with its matches (delimiters).</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

internal static class SplitBehaviors
{
    /// <summary>The resulting parts of consecutive matches and gaps.</summary>
    public static List<(int Start, int End)> Apply(List<(int Start, int End, bool IsMatch)> parts, SplitBehavior behavior)
    {
        var result = new List<(int Start, int End)>(parts.Count);
        switch (behavior)
        {
            case SplitBehavior.Removed:
                result.AddRange(parts.Where(p => !p.IsMatch).Select(p => (p.Start, p.End)));
                break;
            case SplitBehavior.Isolated:
                result.AddRange(parts.Select(p => (p.Start, p.End)));
                break;
            case SplitBehavior.Contiguous:
                Merge(parts, result, (before, current) => before == current);
                break;
            case SplitBehavior.MergedWithPrevious:
                Merge(parts, result, (before, current) => current && !before);
                break;
            case SplitBehavior.MergedWithNext:
                parts.Reverse();
                Merge(parts, result, (after, current) => current && !after);
                result.Reverse();
                break;
        }
        return result;
    }

    private static void Merge(
        List<(int Start, int End, bool IsMatch)> parts, List<(int Start, int End)> result, Func<bool, bool, bool> joins)
    {
        bool neighbor = false;
        foreach (var (start, end, isMatch) in parts)
        {
            if (result.Count > 0 && joins(neighbor, isMatch))
                result[^1] = (Math.Min(start, result[^1].Start), Math.Max(end, result[^1].End));
            else
                result.Add((start, end));
            neighbor = isMatch;
        }
    }
}
