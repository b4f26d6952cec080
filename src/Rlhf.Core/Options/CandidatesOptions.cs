using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>Sampling the candidates that annotators rank.</summary>
public sealed record CandidatesOptions : ComputeOptions
{
    /// <summary>Folder of the policy to sample from (Hugging Face layout); empty = the policy of an earlier stage.</summary>
    [FilePath]
    public string Model { get; init; } = "";

    /// <summary>The prompts, and which of them are held out. Later stages of a pipeline use the same prompts.</summary>
    public PromptOptions Prompts { get; init; } = new();

    /// <summary>Training prompts that get candidates; 0 takes all of them.</summary>
    [Range(0, 10_000_000)]
    public int TrainPrompts { get; init; } = 400;

    /// <summary>Held-out prompts that get candidates (the reward model is measured on them); 0 takes all of them.</summary>
    [Range(0, 10_000_000)]
    public int HeldOutPrompts { get; init; } = 150;

    /// <summary>Completions for each prompt (K).</summary>
    [Range(2, 9)]
    public int PerPrompt { get; init; } = 4;

    /// <summary>How the completions are sampled.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Maximum tokens of a prompt; longer prompts are truncated at the start. 0 = no limit.</summary>
    [Range(0, 1_000_000)]
    public int MaxPromptTokens { get; init; }

    /// <summary>Completions sampled in one batch. Changes the speed, not the result.</summary>
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>
    /// The round of a repeat; set by it. Later rounds sample the policy that the round before has trained, with the prompts that
    /// follow those of the round before and other random numbers.
    /// </summary>
    [Range(1, 1000)]
    public int Round { get; init; } = 1;

    /// <summary>
    /// The share of each prompt's completions that are sampled from the policy of the round before; at least one, and at least one is
    /// of the newest. 0 = none. There is no such policy in the first round.
    /// </summary>
    [Range(0.0, 0.9)]
    public double PreviousShare { get; init; }
}
