using System.ComponentModel.DataAnnotations;
using Rlhf.Core.Content;

namespace Rlhf.Core.Options;

/// <summary>Which prompts a pipeline uses, and which of them are held out from all training.</summary>
public sealed record PromptOptions
{
    /// <summary>
    /// "grammar" (prompts of generated reviews), "stories" (openings of children's stories), or a file: text with one prompt per line,
    /// or JSON Lines with {"prompt": …} on each line.
    /// </summary>
    [Required]
    [FilePath("grammar", "stories")]
    public string Source { get; init; } = "grammar";

    /// <summary>Maximum number of distinct prompts; if the source has fewer, all of them are used.</summary>
    [Range(1, 10_000_000)]
    public int Count { get; init; } = 2000;

    /// <summary>
    /// The share of held-out prompts, by hash of the normalized prompt: the same prompt is always on the same side.
    /// </summary>
    [Range(0.0, 0.9)]
    public double HeldOut { get; init; } = PromptSplit.DefaultShare;
}
