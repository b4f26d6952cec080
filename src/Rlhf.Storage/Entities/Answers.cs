namespace Rlhf.Storage.Entities;

/// <summary>What a question asks for.</summary>
public enum QuestionKind
{
    /// <summary>An order of the completions, in groups (ties), perhaps of some of them only.</summary>
    Ranking,

    /// <summary>A number for each completion.</summary>
    Rating,

    /// <summary>A text.</summary>
    Text,
}

/// <summary>One question of a project.</summary>
/// <param name="Key">What answers and dataset versions call it.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Text">What the annotator reads.</param>
/// <param name="Ties">Whether completions may be equal.</param>
/// <param name="MaxStrength">The greatest strength of a preference, 0 where it is not asked.</param>
public sealed record Question(string Key, QuestionKind Kind, string Text, bool Ties = true, double MaxStrength = 0)
{
    /// <summary>The key of the usual question.</summary>
    public const string Ranking = "ranking";

    /// <summary>The usual question: which completions are better?</summary>
    public static Question DefaultRanking { get; } = new(Ranking, QuestionKind.Ranking, "Which completion is better?");
}

/// <summary>The answer to one question. All parts are optional; a ranking question wants <see cref="Ranking"/> or <see cref="NoneAcceptable"/>.</summary>
public sealed record Answer
{
    /// <summary>Groups of indices of completions, best group first; the members of a group are equal. Completions left out are not ranked.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Ranking { get; init; }

    /// <summary>How strong the preference is (project's scale), 0 or more.</summary>
    public double? Strength { get; init; }

    /// <summary>A number for each completion, by index.</summary>
    public IReadOnlyList<double?>? Ratings { get; init; }

    /// <summary>A better completion, written by the annotator.</summary>
    public string? Rewrite { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public bool? NoneAcceptable { get; init; }

    public string? Rationale { get; init; }

    /// <summary>A ranking from ranks (1 best, equal = tie), one for each completion.</summary>
    public static Answer FromRanks(IReadOnlyList<int> ranks, double? strength = null) => new()
    {
        Ranking = [.. ranks.Select((rank, index) => (rank, index)).GroupBy(r => r.rank).OrderBy(g => g.Key).Select(g => (IReadOnlyList<int>)[.. g.Select(r => r.index)])],
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
