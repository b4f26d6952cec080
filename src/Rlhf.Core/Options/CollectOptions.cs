using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Rlhf.Core.Content;

namespace Rlhf.Core.Options;

/// <summary>
/// Collecting rankings: simulated annotators rank candidates, rankings are imported from files, or those of a labeling project are taken.
/// Each creates a dataset version.
/// </summary>
public sealed record CollectOptions : SeededOptions, IValidatableObject
{
    private static readonly CollectOptions Default = new();

    /// <summary>A file of candidates (candidates.jsonl of an earlier run); empty = those of the pipeline's candidates stage.</summary>
    [FilePath]
    public string Candidates { get; init; } = "";

    /// <summary>
    /// A file or folder of existing preferences or rankings, .jsonl or .jsonl.gz: {prompt, chosen, rejected} or
    /// {chosen, rejected} in TRL's format, texts or conversations; dialogues of hh-rlhf; {prompt, completions, ranks}.
    /// Empty = candidates are ranked.
    /// </summary>
    [FilePath]
    public string Data { get; init; } = "";

    /// <summary>
    /// A labeling project, by name or id: its rankings are taken as they are by now. Empty = candidates are ranked, or data is imported.
    /// </summary>
    public string Project { get; init; } = "";

    /// <summary>
    /// The share of invalid lines that an import accepts: they are skipped and counted, and the first is reported. If there are
    /// more, nothing is imported. 0 = every line must be valid.
    /// </summary>
    [Range(0.0, 1.0)]
    public double MaxBadShare { get; init; } = 0.01;

    /// <summary>How many annotators rank each prompt.</summary>
    [Range(1, 1000)]
    public int Overlap { get; init; } = 1;

    /// <summary>How rankings of the same completions by several annotators become training data.</summary>
    public Aggregation Aggregation { get; init; } = Aggregation.Each;

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

    /// <summary>The simulated annotators that rank the candidates. Their labels are permanently marked as simulated.</summary>
    public SimulatedAnnotatorOptions Annotators { get; init; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Project.Length > 0 && (Data.Length > 0 || Candidates.Length > 0))
        {
            yield return new ValidationResult(
                "project cannot be given together with data or candidates: it names where rankings come from");
        }
        if (Data.Length > 0 && Candidates.Length > 0)
        {
            yield return new ValidationResult(
                "data cannot be given together with candidates: it names rankings that exist already; leave one of them out");
        }
        if ((Data.Length > 0 ? "data" : Project.Length > 0 ? "project" : null) is { } source)
        {
            if (Overlap != Default.Overlap)
                yield return new ValidationResult(Text($"overlap: {Overlap} has no effect with {source}: nothing is ranked; leave it out"));
            if (Annotators != Default.Annotators)
                yield return new ValidationResult($"annotators: they have no effect with {source}: nothing is ranked; leave them out");
        }
        if (Data.Length == 0 && MaxBadShare != Default.MaxBadShare)
        {
            yield return new ValidationResult(Text($"maxBadShare: {MaxBadShare} has no effect without data: only an import skips lines; ")
                + "give data or leave maxBadShare out");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
