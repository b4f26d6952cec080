using System.ComponentModel.DataAnnotations;
using Rlhf.Core.Content;

namespace Rlhf.Core.Options;

/// <summary>Which prompts a pipeline uses, and which of them are held out from everything that learns.</summary>
public sealed record PromptOptions
{
    /// <summary>
    /// "grammar" (prompts of the reviews that the program itself generates), "stories" (openings of children's stories), or a file: text
    /// with a prompt per line, or JSON Lines with {"prompt": …} on each.
    /// </summary>
    [Required]
    public string Source { get; init; } = "grammar";

    /// <summary>The largest number of different prompts; a source with fewer gives all of them.</summary>
    [Range(1, 10_000_000)]
    public int Count { get; init; } = 2000;

    /// <summary>
    /// The share of the prompts that is held out, by hash of the normalized prompt: the same prompt is always on the same side.
    /// </summary>
    [Range(0.0, 0.9)]
    public double HeldOut { get; init; } = PromptSplit.DefaultShare;
}
