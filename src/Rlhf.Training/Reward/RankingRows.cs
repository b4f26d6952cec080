using Rlhf.Training.Numerics;
using Rlhf.Training.Sft;

namespace Rlhf.Training.Reward;

/// <summary>A ranking as the model reads it: prompt and completion of each place in one row, cut to the length that is read.</summary>
/// <param name="Index">Which of the rankings given it is.</param>
/// <param name="Rows">Token ids, one row per completion.</param>
/// <param name="Ranks">1 is best, equal ranks tie.</param>
/// <param name="Texts">Equal for equal rows: the first place that has the same ids.</param>
/// <param name="Lengths">Tokens of each completion, after the cut.</param>
/// <param name="Strength">As stated by the annotator; null = not stated.</param>
/// <param name="Weight">What the ranking counts for in the loss.</param>
internal sealed record RankingRows(
    int Index, IReadOnlyList<int[]> Rows, IReadOnlyList<int> Ranks, IReadOnlyList<int> Texts, IReadOnlyList<int> Lengths, double? Strength,
    double Weight)
{
    public RowSize Size { get; } = new(Rows.Max(r => r.Length), Rows.Sum(r => r.Length));

    /// <summary>The pairs that differ.</summary>
    public IEnumerable<RankedPair> Pairs => RankedPairs.Of(Ranks, Texts);

    /// <summary>
    /// Cuts rankings to <paramref name="length"/> tokens per row, a prompt's <paramref name="bosId"/> kept. Those without two different
    /// rows are left out.
    /// </summary>
    public static IReadOnlyList<RankingRows> Fit(IReadOnlyList<TokenizedRanking> rankings, int length, int? bosId) =>
        [.. rankings.Select((ranking, i) => Fit(ranking, i, length, bosId)).Where(r => r.Pairs.Any())];

    /// <summary>What becomes of the pairs of rankings that are cut to <paramref name="length"/> tokens per row.</summary>
    public static PairCounts Count(IReadOnlyList<TokenizedRanking> rankings, int length, int? bosId)
    {
        int ordered = 0, ties = 0, equal = 0, cut = 0;
        foreach (var (ranking, i) in rankings.Select((r, i) => (r, i)))
        {
            RankingRows fitted = Fit(ranking, i, length, bosId);
            int tied = fitted.Pairs.Count(p => p.IsTie), different = fitted.Pairs.Count();
            int before = RankedPairs.Of(ranking.Ranks, TextsOf(ranking.Completions)).Count();
            ties += tied;
            ordered += different - tied;
            cut += before - different;
            equal += RankedPairs.Of(ranking.Ranks).Count() - before;
        }
        return new PairCounts(ordered, ties, equal, cut);
    }

    private static RankingRows Fit(TokenizedRanking ranking, int index, int length, int? bosId)
    {
        var parts = ranking.Completions.Select(c => Sequences.Fit(ranking.Prompt, c, length, bosId)).ToList();
        int[][] rows = [.. parts.Select(p => (int[])[.. p.Prompt, .. p.Completion])];
        return new RankingRows(index, rows, ranking.Ranks, TextsOf(rows), [.. parts.Select(p => p.Completion.Length)], ranking.Strength,
            ranking.Weight);
    }

    private static int[] TextsOf(IReadOnlyList<int[]> rows) =>
        [.. rows.Select(row => Enumerable.Range(0, rows.Count).First(i => rows[i].AsSpan().SequenceEqual(row)))];
}

/// <summary>The pairs of completions of some rankings.</summary>
/// <param name="Ordered">One of the two is better.</param>
/// <param name="Ties">The two are different texts of equal rank.</param>
/// <param name="Equal">The two completions have the same ids: left out, nothing can be learnt from them.</param>
/// <param name="EqualAfterCut">The two differ only behind the length that is read: left out for the same reason.</param>
public sealed record PairCounts(int Ordered, int Ties, int Equal, int EqualAfterCut);
