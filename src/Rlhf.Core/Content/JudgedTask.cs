namespace Rlhf.Core.Content;

/// <summary>One annotator's ranking of the completions of a task.</summary>
/// <param name="Annotator">Index of the annotator.</param>
/// <param name="Ranks">One per completion: 1 is best, equal ranks are a tie, 0 is not ranked.</param>
/// <param name="OrderShown">Indices of the completions in the order shown; null as stored.</param>
public sealed record RankingJudgment(int Annotator, IReadOnlyList<int> Ranks, IReadOnlyList<int>? OrderShown = null)
{
    /// <summary>1: the first is better, 0: a tie, −1: the second is better; null where one of them is not ranked.</summary>
    public int? Outcome(int first, int second) =>
        Ranks[first] == 0 || Ranks[second] == 0 ? null : Math.Sign(Ranks[second] - Ranks[first]);
}

/// <summary>A task with the rankings that annotators gave.</summary>
/// <param name="Completions">How many completions it has.</param>
/// <param name="Judgments">In any order.</param>
public sealed record JudgedTask(int Completions, IReadOnlyList<RankingJudgment> Judgments)
{
    /// <summary>The policy behind each completion, as an index; −1 where it is not known. Empty where none is.</summary>
    public IReadOnlyList<int> Policies { get; init; } = [];

    /// <summary>The pairs of completions, the smaller index first.</summary>
    public IEnumerable<(int First, int Second)> Pairs()
    {
        for (int i = 0; i < Completions; i++)
        {
            for (int j = i + 1; j < Completions; j++)
                yield return (i, j);
        }
    }
}
