using System.ComponentModel.DataAnnotations;
using Rlhf.Core.Content;

namespace Rlhf.Core.Options;

/// <summary>Which prompts a pipeline uses, and which of them are held out from everything that learns.</summary>
public sealed record PromptOptions
{
    /// <summary>"grammar" (the grammar of reviews that ships with the program draws them), or a file: a prompt a line (.txt), or lines of {"prompt": …} (.jsonl).</summary>
    [Required]
    public string Source { get; init; } = "grammar";

    /// <summary>How many different prompts to take (fewer where the source has fewer).</summary>
    [Range(1, 10_000_000)]
    public int Count { get; init; } = 2000;

    /// <summary>The share of the prompts that is held out, by hash of the normalized prompt: the same prompt is always on the same side.</summary>
    [Range(0.0, 0.9)]
    public double HeldOut { get; init; } = PromptSplit.DefaultShare;
}
