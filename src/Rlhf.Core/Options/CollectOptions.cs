using System.ComponentModel.DataAnnotations;
using Rlhf.Core.Content;

namespace Rlhf.Core.Options;

/// <summary>
/// Collecting rankings: simulated annotators rank candidates, or rankings come from files. Either way a dataset version is fixed.
/// </summary>
public sealed record CollectOptions : StageOptions
{
    /// <summary>A file of candidates (candidates.jsonl of an earlier run); empty = those of the pipeline's candidates stage.</summary>
    public string Candidates { get; init; } = "";

    /// <summary>
    /// A file or folder of preferences or rankings that exist already, .jsonl or .jsonl.gz: {prompt, chosen, rejected} or
    /// {chosen, rejected} as TRL has them, texts or conversations; dialogues of hh-rlhf; {prompt, completions, ranks}.
    /// Empty = candidates are ranked.
    /// </summary>
    public string Data { get; init; } = "";

    /// <summary>
    /// The share of lines of imported files that may hold no judgment: they are left out and counted, and the first is named. With
    /// more of them nothing is imported. 0 = every line must be good.
    /// </summary>
    [Range(0.0, 1.0)]
    public double MaxBadShare { get; init; } = 0.01;

    /// <summary>How many annotators rank each prompt.</summary>
    [Range(1, 1000)]
    public int Overlap { get; init; } = 1;

    /// <summary>How the rankings that several annotators gave of the same completions become training data.</summary>
    public Aggregation Aggregation { get; init; } = Aggregation.Each;

    /// <summary>
    /// A file with the weight of prompts in the reward model's loss, JSON Lines of {prompt, weight} or {promptHash, weight}; a prompt
    /// without a line has the weight 1. Empty = all have it.
    /// </summary>
    public string Weights { get; init; } = "";

    /// <summary>
    /// The share of prompts that is held out where rankings come from files, by hash of the prompt. Candidates keep their side.
    /// </summary>
    [Range(0.0, 0.9)]
    public double HeldOut { get; init; } = PromptSplit.DefaultShare;

    /// <summary>The simulated annotators that rank the candidates. Their labels stay marked as simulated.</summary>
    public SimulatedAnnotatorOptions Annotators { get; init; } = new();
}
