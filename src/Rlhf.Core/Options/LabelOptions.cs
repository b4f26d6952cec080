using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Rlhf.Core.Content;

namespace Rlhf.Core.Options;

/// <summary>What people are asked about the completions of a prompt.</summary>
public enum LabelQuestion
{
    /// <summary>To rank all of them; ties are allowed.</summary>
    Ranking,

    /// <summary>Which of two is better.</summary>
    Pairwise,
}

/// <summary>Who may label in a project that a pipeline opens.</summary>
public enum LabelAccess
{
    /// <summary>Everyone who signs in.</summary>
    Open,

    /// <summary>Those who are added as members.</summary>
    Members,
}

/// <summary>
/// Has candidates ranked by people: opens a labeling project and waits, without any process, until its answers are there. Creates a
/// dataset version.
/// </summary>
public sealed record LabelOptions : StageOptions, IValidatableObject
{
    private const string DefaultText = "Which completion is better?";

    /// <summary>A file of candidates (candidates.jsonl of an earlier run); empty = those of the pipeline's candidates stage.</summary>
    [FilePath]
    public string Candidates { get; init; } = "";

    /// <summary>The name of the labeling project; empty = the name of the pipeline.</summary>
    [StringLength(200, ErrorMessage = "must have at most 200 characters")]
    public string Name { get; init; } = "";

    /// <summary>
    /// What is asked, as a template of projects: instructgpt, hh, llama2, helpsteer, arena, open-assistant, or a YAML file of one's own.
    /// It must ask a ranking or pairwise question with the key "ranking". Its guidelines and overlap hold where this stage names none.
    /// Empty = the one question below.
    /// </summary>
    [FilePath("arena", "helpsteer", "hh", "instructgpt", "llama2", "open-assistant")]
    public string Template { get; init; } = "";

    /// <summary>What is asked: to rank all completions of a prompt, or which of two is better.</summary>
    public LabelQuestion Question { get; init; } = LabelQuestion.Ranking;

    /// <summary>The question as annotators read it.</summary>
    [Required]
    public string Text { get; init; } = DefaultText;

    /// <summary>The highest step of "how much better" that is asked for; 0 = not asked.</summary>
    [Range(0, 10)]
    public int StrengthLevels { get; init; }

    /// <summary>What annotators should go by, in Markdown; always one key away from the task.</summary>
    public string Guidelines { get; init; } = "";

    /// <summary>How many annotators rank each prompt.</summary>
    [Range(1, 1000)]
    public int Overlap { get; init; } = 1;

    /// <summary>Who may label: everyone who signs in, or the members of the project.</summary>
    public LabelAccess Access { get; init; } = LabelAccess.Open;

    /// <summary>How long an annotator may keep a task without answering, minutes.</summary>
    [Range(0.05, 10080)]
    public double LeaseMinutes { get; init; } = 30;

    /// <summary>Prompts that become tasks, training and held-out ones in the proportion of the candidates; 0 takes all.</summary>
    [Range(0, 10_000_000)]
    public int Tasks { get; init; }

    /// <summary>
    /// Whether the pipeline waits for the answers. If not, the project is opened, the stage makes no dataset version, and the pipeline
    /// goes on at once.
    /// </summary>
    public bool Wait { get; init; } = true;

    /// <summary>What ends the wait earlier than when every task has all its answers.</summary>
    public LabelUntilOptions Until { get; init; } = new();

    /// <summary>How rankings of the same completions by several annotators become training data.</summary>
    public Aggregation Aggregation { get; init; } = Aggregation.Each;

    /// <summary>Whether the dataset version also has the rankings of earlier label stages of the same pipeline run.</summary>
    public bool EarlierRounds { get; init; } = true;

    /// <summary>
    /// A file with weights of prompts in the reward model's loss, JSON Lines of {prompt, weight} or {promptHash, weight}. Prompts
    /// without a line have weight 1. Empty = weight 1 for all prompts.
    /// </summary>
    [FilePath]
    public string Weights { get; init; } = "";

    /// <summary>
    /// The share of held-out prompts, by hash of the prompt, where no stage before has prompts; those of the pipeline keep the side that
    /// prompts.heldOut gives them.
    /// </summary>
    [Range(0.0, 0.9)]
    public double HeldOut { get; init; } = PromptSplit.DefaultShare;

    /// <summary>The round of a repeat; set by it.</summary>
    [Range(1, 1000)]
    public int Round { get; init; } = 1;

    /// <summary>
    /// The text of the template; read when the pipeline starts, so that a later change of the file changes no round of it.
    /// </summary>
    public string TemplateText { get; init; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Template.Length > 0 && (Question != LabelQuestion.Ranking || Text != DefaultText || StrengthLevels != 0))
        {
            yield return new ValidationResult(
                "template says what is asked; question, text and strengthLevels cannot be given together with it");
        }
    }
}

/// <summary>Stopping rules of a label stage: the first that holds ends the wait.</summary>
public sealed record LabelUntilOptions : IValidatableObject
{
    /// <summary>This many answers; 0 = off.</summary>
    [Range(0, 1_000_000_000)]
    public int Annotations { get; init; }

    /// <summary>
    /// Krippendorff's α of the annotators is known to within this: half the width of its 95 % interval, and at least 3/n after n tasks
    /// with several answers. Needs overlap 2 or more. 0 = off.
    /// </summary>
    [Range(0.0, 1.0)]
    public double AgreementWithin { get; init; }

    /// <summary>A date, 2027-01-31 (its beginning in UTC) or 2027-01-31T18:00+01:00; what is there then is used. Empty = off.</summary>
    public string Date { get; init; } = "";

    /// <summary>So many days after the project was opened; what is there then is used. 0 = off.</summary>
    [Range(0.0, 3660)]
    public double Days { get; init; }

    /// <summary>When the wait for a project that was opened at a time ends; null where no rule names a time.</summary>
    public DateTimeOffset? EndsAt(DateTimeOffset opened)
    {
        DateTimeOffset? days = Days > 0 ? opened.AddDays(Days) : null;
        return TryReadDate(out var date) && !(days < date) ? date : days;
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Date.Length > 0 && !TryReadDate(out _))
        {
            yield return new ValidationResult(
                $"date must be a date such as 2027-01-31 or a time such as 2027-01-31T18:00Z; got '{Date}' (until.date)");
        }
    }

    private bool TryReadDate(out DateTimeOffset date) => DateTimeOffset.TryParseExact(
        Date, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"],
        CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);
}
