using Rlhf.Training.Numerics;
using Rlhf.Training.Sft;

namespace Rlhf.Training.Reward;

/// <summary>A ranking as input of the reward model: one truncated row of prompt and completion per ranked completion.</summary>
/// <param name="Index">Index of the ranking in the input.</param>
/// <param name="Rows">Token ids, one row per completion.</param>
/// <param name="Ranks">1 is best, equal ranks are tied.</param>
/// <param name="Texts">The index of the first row with the same ids, so equal for equal rows.</param>
/// <param name="Lengths">Tokens of each completion, after truncation.</param>
/// <param name="Strength">Strength of the preference, as stated by the annotator; null = not stated.</param>
/// <param name="Weight">Weight of the ranking in the loss.</param>
internal sealed record RankingRows(
    int Index, IReadOnlyList<int[]> Rows, IReadOnlyList<int> Ranks, IReadOnlyList<int> Texts, IReadOnlyList<int> Lengths, double? Strength,
    double Weight)
{
    public RowSize Size { get; } = new(Rows.Max(r => r.Length), Rows.Sum(r => r.Length));

    /// <summary>The pairs of completions with different ids.</summary>
    public IEnumerable<RankedPair> Pairs => RankedPairs.Enumerate(Ranks, Texts);

    /// <summary>
    /// Truncates rankings to <paramref name="length"/> tokens per row, keeping a prompt's <paramref name="bosId"/>. Rankings without two
    /// different rows are left out.
    /// </summary>
    public static IReadOnlyList<RankingRows> Truncate(IReadOnlyList<TokenizedRanking> rankings, int length, int? bosId) =>
        [.. rankings.Select((ranking, i) => Truncate(ranking, i, length, bosId)).Where(r => r.Pairs.Any())];

    /// <summary>Counts the pairs of rankings that are truncated to <paramref name="length"/> tokens per row.</summary>
    public static PairCounts Count(IReadOnlyList<TokenizedRanking> rankings, int length, int? bosId)
    {
        int ordered = 0, ties = 0, equal = 0, cut = 0;
        foreach (var (ranking, i) in rankings.Select((r, i) => (r, i)))
        {
            RankingRows fitted = Truncate(ranking, i, length, bosId);
            int tied = fitted.Pairs.Count(p => p.IsTie), different = fitted.Pairs.Count();
            int before = RankedPairs.Enumerate(ranking.Ranks, TextsOf(ranking.Completions)).Count();
            ties += tied;
            ordered += different - tied;
            cut += before - different;
            equal += RankedPairs.Enumerate(ranking.Ranks).Count() - before;
        }
        return new PairCounts(ordered, ties, equal, cut);
    }

    private static RankingRows Truncate(TokenizedRanking ranking, int index, int length, int? bosId)
    {
        var parts = ranking.Completions.Select(c => Sequences.Truncate(ranking.Prompt, c, length, bosId)).ToList();
        int[][] rows = [.. parts.Select(p => (int[])[.. p.Prompt, .. p.Completion])];
        return new RankingRows(index, rows, ranking.Ranks, TextsOf(rows), [.. parts.Select(p => p.Completion.Length)], ranking.Strength,
            ranking.Weight);
    }

    private static int[] TextsOf(IReadOnlyList<int[]> rows) =>
        [.. rows.Select(row => Enumerable.Range(0, rows.Count).First(i => rows[i].AsSpan().SequenceEqual(row)))];
}

/// <summary>Counts of the pairs of completions in rankings.</summary>
/// <param name="Ordered">Pairs in which one completion is better.</param>
/// <param name="Ties">Pairs of different completions with equal ranks.</param>
/// <param name="Equal">Pairs with the same ids. They are left out, because they have no training signal.</param>
/// <param name="EqualAfterCut">Pairs with the same ids after truncation. They are left out for the same reason.</param>
public sealed record PairCounts(int Ordered, int Ties, int Equal, int EqualAfterCut);
