namespace Rlhf.LabelingUi.Features.Labeling.Answering;

/// <summary>The answer to one question: the part that its kind asks for. Completions are named as they were shown: c1, c2 …</summary>
public record AnswerBody
{
    /// <summary>Ranking, pairwise: the best group first; the completions of a group are equal.</summary>
    /// <example>[["c2"], ["c1", "c3"]]</example>
    public IReadOnlyList<IReadOnlyList<string>>? Ranking { get; init; }

    /// <summary>Ranking, pairwise: how strong the preference is, on the question's scale.</summary>
    public double? Strength { get; init; }

    /// <summary>Ranking, pairwise: that no completion is acceptable.</summary>
    public bool? NoneAcceptable { get; init; }

    /// <summary>Rating: a number for each completion, by its name.</summary>
    /// <example>{"c1": 3, "c2": 5}</example>
    public IReadOnlyDictionary<string, double>? Ratings { get; init; }

    /// <summary>
    /// Labels: a list for the task as a whole, or a list for each completion, by its name. Where the project asks for no labels: why the
    /// task is flagged, in words, seen by reviewers and by whoever runs the project.
    /// </summary>
    /// <example>{"c1": ["spam"]}</example>
    public FlagsBody? Flags { get; init; }

    /// <summary>Rewrite: a better completion.</summary>
    public string? Rewrite { get; init; }

    /// <summary>Rewrite: the completion that it began from.</summary>
    public string? RewriteOf { get; init; }

    /// <summary>Text: usually why the annotator decided so.</summary>
    public string? Rationale { get; init; }

    /// <summary>Text, rewrite: whether some of it was pasted.</summary>
    public bool? Pasted { get; init; }

    /// <summary>Marks: ranges of characters that are liked or disliked.</summary>
    public IReadOnlyList<MarkBody>? Marks { get; init; }
}

/// <summary>A range of characters in a completion that the annotator likes or dislikes.</summary>
/// <param name="Completion">The completion, by its name.</param>
/// <param name="Start">The first character (UTF-16 code unit) of the completion's text.</param>
/// <param name="Length">How many characters.</param>
/// <param name="Liked">True for liked, false for disliked.</param>
/// <param name="Reason">Why: the key of a choice, or free text where the question has no choices.</param>
public sealed record MarkBody(string Completion, int Start, int Length, bool Liked, string? Reason = null);

/// <summary>
/// Answers to a task. Where the project asks one question of a kind, its answer may stand at the top; several questions are answered
/// under <see cref="Answers"/>, by their key.
/// </summary>
public record AnswersBody : AnswerBody
{
    /// <summary>Answers by the key of their question.</summary>
    /// <example>{"helpful": {"ranking": [["c1"], ["c2"]]}, "harmless": {"ranking": [["c2"], ["c1"]]}}</example>
    public IReadOnlyDictionary<string, AnswerBody>? Answers { get; init; }

    /// <summary>Seconds from the first sight of the task to the submission; the server never believes more than the lease lasted.</summary>
    public double? Seconds { get; init; }

    /// <summary>The part of it with input, reading included, seconds.</summary>
    public double? ActiveSeconds { get; init; }
}

/// <summary>Answers that are not submitted yet; they need not be complete.</summary>
public sealed record DraftBody : AnswersBody
{
    /// <summary>Counted by the client, upwards: an older draft never replaces a newer one.</summary>
    public required long Sequence { get; init; }
}

/// <summary>Corrected answers.</summary>
public sealed record CorrectionBody : AnswersBody
{
    /// <summary>
    /// The revision that was corrected, so that of two tabs the later does not undo the earlier unseen; null for the newest.
    /// </summary>
    public int? Revision { get; init; }
}
