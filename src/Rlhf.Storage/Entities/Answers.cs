namespace Rlhf.Storage.Entities;

/// <summary>A range of characters in a completion that the annotator likes or dislikes.</summary>
/// <param name="Completion">The index of the completion in the task.</param>
/// <param name="Start">The first character (UTF-16 code unit) of the completion's text.</param>
/// <param name="Length">How many characters.</param>
/// <param name="Liked">True for liked, false for disliked.</param>
/// <param name="Reason">Why: the key of a choice, or free text where the question has no choices.</param>
public sealed record Mark(int Completion, int Start, int Length, bool Liked, string? Reason = null);

/// <summary>
/// The answer to one question: the part that the question's kind asks for, all others null. Indices are
/// places in the task, whatever order was shown.
/// </summary>
public sealed record Answer
{
    /// <summary>
    /// Ranking, pairwise: groups of indices of completions, best group first; the members of a group are
    /// equal. Completions left out are not ranked.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>>? Ranking { get; init; }

    /// <summary>Ranking, pairwise: how strong the preference is, on the question's scale. A tie has 0 or none.</summary>
    public double? Strength { get; init; }

    /// <summary>Ranking, pairwise: that no completion is acceptable; a ranking may be given beside it.</summary>
    public bool? NoneAcceptable { get; init; }

    /// <summary>Rating: a number for each completion, by index.</summary>
    public IReadOnlyList<double?>? Ratings { get; init; }

    /// <summary>Labels: those of the task as a whole.</summary>
    public IReadOnlyList<string>? Flags { get; init; }

    /// <summary>Labels: those of each completion, by index.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? CompletionFlags { get; init; }

    /// <summary>Rewrite: a better completion.</summary>
    public string? Rewrite { get; init; }

    /// <summary>Rewrite: the index of the completion that it began from; null for one written anew.</summary>
    public int? RewriteOf { get; init; }

    /// <summary>Text: usually why the annotator decided so.</summary>
    public string? Rationale { get; init; }

    /// <summary>Text, rewrite: whether some of it was pasted.</summary>
    public bool? Pasted { get; init; }

    /// <summary>Marks: the ranges that are liked or disliked.</summary>
    public IReadOnlyList<Mark>? Marks { get; init; }

    /// <summary>A ranking from ranks (1 best, equal = tie), one for each completion.</summary>
    public static Answer FromRanks(IReadOnlyList<int> ranks, double? strength = null) => new()
    {
        Ranking =
        [
            .. ranks.Select((rank, index) => (rank, index)).GroupBy(r => r.rank).OrderBy(g => g.Key)
                .Select(g => (IReadOnlyList<int>)[.. g.Select(r => r.index)]),
        ],
        Strength = strength,
    };
}

/// <summary>Answers by the key of their question.</summary>
public sealed class Answers : SortedDictionary<string, Answer>
{
    public Answers() : base(StringComparer.Ordinal) { }

    /// <summary>The answer to the usual question alone.</summary>
    public static Answers OfRanking(Answer answer) => new() { [Question.Ranking] = answer };
}
