using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options.Labeling;

/// <summary>What a question asks for.</summary>
public enum QuestionTemplateKind
{
    /// <summary>An order of the completions in groups (a group is a tie).</summary>
    Ranking,

    /// <summary>Which of exactly two completions is better, and how much.</summary>
    Pairwise,

    /// <summary>A number for each completion.</summary>
    Rating,

    /// <summary>Labels or flags, for the task as a whole or for each completion.</summary>
    Labels,

    /// <summary>A text: a rationale, remarks.</summary>
    Text,

    /// <summary>A better completion, written by the annotator.</summary>
    Rewrite,

    /// <summary>Ranges of characters that are liked or disliked, with a reason.</summary>
    Marks,
}

/// <summary>One question of a labeling project.</summary>
public sealed record QuestionTemplate
{
    /// <summary>What answers and dataset versions call it; the ranking that trains a reward model is "ranking".</summary>
    [Required]
    public string Key { get; init; } = "";

    /// <summary>What it asks for.</summary>
    public QuestionTemplateKind Kind { get; init; }

    /// <summary>What the annotator reads.</summary>
    [Required]
    public string Text { get; init; } = "";

    /// <summary>
    /// Whether a submission without an answer to it is refused; null means yes for a ranking or pairwise question, no for others.
    /// </summary>
    public bool? Required { get; init; }

    /// <summary>Ranking, pairwise: whether completions may be equal.</summary>
    public bool Ties { get; init; } = true;

    /// <summary>Ranking: whether every completion must be ranked.</summary>
    public bool RankAll { get; init; }

    /// <summary>Ranking, pairwise: whether "none is acceptable" is an answer; null means yes.</summary>
    public bool? NoneAcceptable { get; init; }

    /// <summary>Ranking, pairwise: the greatest strength of a preference; 0 where strength is not asked.</summary>
    [Range(0, double.MaxValue)]
    public double MaxStrength { get; init; }

    /// <summary>Pairwise: whether a preference without a strength is refused; null means yes.</summary>
    public bool? StrengthRequired { get; init; }

    /// <summary>Pairwise: what each strength means, weakest first.</summary>
    public IReadOnlyList<string>? StrengthTexts { get; init; }

    /// <summary>Rating: the numbers that may be given; null allows every number.</summary>
    public ScaleTemplate? Scale { get; init; }

    /// <summary>Labels: what can be chosen. Marks: the reasons that can be given.</summary>
    public IReadOnlyList<ChoiceTemplate>? Choices { get; init; }

    /// <summary>Labels: whether several can be chosen at once.</summary>
    public bool Multiple { get; init; }

    /// <summary>Labels: whether each completion gets its own; otherwise the task as a whole does.</summary>
    public bool PerCompletion { get; init; }

    /// <summary>Marks: whether each needs a reason.</summary>
    public bool ReasonRequired { get; init; }

    /// <summary>Text, rewrite: the fewest characters of an answer.</summary>
    [Range(0, int.MaxValue)]
    public int MinLength { get; init; }

    /// <summary>Text, rewrite: the most characters of an answer.</summary>
    [Range(1, int.MaxValue)]
    public int? MaxLength { get; init; }
}

/// <summary>The numbers that a rating may take.</summary>
public sealed record ScaleTemplate
{
    /// <summary>The lowest number.</summary>
    public double Min { get; init; } = 1;

    /// <summary>The highest number.</summary>
    public double Max { get; init; } = 5;

    /// <summary>The distance of neighbors.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double Step { get; init; } = 1;

    /// <summary>What the lowest number means to the annotator.</summary>
    public string? MinText { get; init; }

    /// <summary>What the highest number means to the annotator.</summary>
    public string? MaxText { get; init; }
}

/// <summary>A label that can be chosen.</summary>
public sealed record ChoiceTemplate
{
    /// <summary>What answers call it.</summary>
    [Required]
    public string Key { get; init; } = "";

    /// <summary>What the annotator reads.</summary>
    [Required]
    public string Text { get; init; } = "";
}
