namespace Rlhf.Storage.Entities;

/// <summary>What a question asks for. Each kind has one part of <see cref="Answer"/> of its own.</summary>
public enum QuestionKind
{
    /// <summary>An order of the completions in groups (a group is a tie), perhaps of some of them only.</summary>
    Ranking,

    /// <summary>A number for each completion.</summary>
    Rating,

    /// <summary>A text: a rationale, remarks.</summary>
    Text,

    /// <summary>Which of exactly two completions is better, and how much.</summary>
    Pairwise,

    /// <summary>Labels or flags, for the task as a whole or for each completion.</summary>
    Labels,

    /// <summary>A better completion, written by the annotator.</summary>
    Rewrite,

    /// <summary>Ranges of characters that are liked or disliked, with a reason.</summary>
    Marks,
}

/// <summary>
/// The numbers that a rating may take: from <paramref name="Min"/> to <paramref name="Max"/>, in steps of <paramref name="Step"/>.
/// </summary>
public sealed record RatingScale(double Min, double Max, double Step = 1)
{
    /// <summary>What the lowest number means to the annotator.</summary>
    public string? MinText { get; init; }

    /// <summary>What the highest number means to the annotator.</summary>
    public string? MaxText { get; init; }
}

/// <summary>A label that can be chosen.</summary>
/// <param name="Key">What answers call it.</param>
/// <param name="Text">What the annotator reads.</param>
public sealed record Choice(string Key, string Text);

/// <summary>One question of a project.</summary>
/// <param name="Key">What answers and dataset versions call it.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Text">What the annotator reads.</param>
/// <param name="Ties">Ranking, pairwise: whether completions may be equal.</param>
/// <param name="MaxStrength">
/// Ranking, pairwise: the greatest strength of a preference (1 … MaxStrength on either side); 0 where it is not asked.
/// </param>
public sealed record Question(string Key, QuestionKind Kind, string Text, bool Ties = true, double MaxStrength = 0)
{
    /// <summary>The key of the usual question.</summary>
    public const string Ranking = "ranking";

    /// <summary>
    /// The key of what nobody asked: that something is wrong with a task, beside its answers. <see cref="Answer.Flags"/> are the reasons,
    /// in the annotator's words. A question of this key takes its place.
    /// </summary>
    public const string Flag = "flag";

    /// <summary>The usual question: which completions are better?</summary>
    public static Question DefaultRanking { get; } = new(Ranking, QuestionKind.Ranking, "Which completion is better?");

    /// <summary>
    /// Whether a submission without an answer to it is refused; null means yes for a ranking or pairwise question, no for others.
    /// </summary>
    public bool? Required { get; init; }

    /// <summary>Pairwise: whether a preference without a strength is refused where strengths are asked for; null means yes.</summary>
    public bool? StrengthRequired { get; init; }

    /// <summary>Pairwise: what each strength means to the annotator, weakest first.</summary>
    public IReadOnlyList<string>? StrengthTexts { get; init; }

    /// <summary>Ranking: whether every completion must be ranked.</summary>
    public bool RankAll { get; init; }

    /// <summary>Ranking, pairwise: whether "none is acceptable" is an answer; null means yes.</summary>
    public bool? NoneAcceptable { get; init; }

    /// <summary>Rating: the numbers allowed; null allows every finite number.</summary>
    public RatingScale? Scale { get; init; }

    /// <summary>Labels: what can be chosen. Marks: the reasons that can be given; null allows a free text as the reason.</summary>
    public IReadOnlyList<Choice>? Choices { get; init; }

    /// <summary>Labels: whether several can be chosen at once.</summary>
    public bool Multiple { get; init; }

    /// <summary>Labels: whether each completion gets its own; otherwise the task as a whole does.</summary>
    public bool PerCompletion { get; init; }

    /// <summary>Marks: whether each needs a reason.</summary>
    public bool ReasonRequired { get; init; }

    /// <summary>Text, rewrite: the fewest characters of an answer.</summary>
    public int MinLength { get; init; }

    /// <summary>Text, rewrite: the most characters of an answer; null sets the general limit of 1,000,000.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether a submission needs an answer to it.</summary>
    internal bool MustBeAnswered => Required ?? Kind is QuestionKind.Ranking or QuestionKind.Pairwise;
}
