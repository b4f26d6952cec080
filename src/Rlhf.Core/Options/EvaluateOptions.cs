using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>Compares a trained policy with the policy it started from, on held-out prompts.</summary>
public sealed record EvaluateOptions : ComputeOptions
{
    /// <summary>Folder of the policy to compare with; empty = the one that the pipeline started from.</summary>
    [FilePath]
    public string Model { get; init; } = "";

    /// <summary>Folder of the trained policy; empty = the result of the pipeline's ppo stage.</summary>
    [FilePath]
    public string Policy { get; init; } = "";

    /// <summary>Folder of the reward model that scores both; empty = the pipeline's, or none.</summary>
    [FilePath]
    public string RewardModel { get; init; } = "";

    /// <summary>
    /// Name of the gold reward that decides which completion is better (`rlhf gold --help` lists them); empty = the one that the
    /// simulated annotators use, "none" = no gold reward.
    /// </summary>
    public string GoldReward { get; init; } = "";

    /// <summary>The prompts; left out = the pipeline's. Only held-out prompts are used.</summary>
    public PromptOptions? Prompts { get; init; }

    /// <summary>Held-out prompts that are sampled; 0 takes all of them.</summary>
    [Range(0, 10_000_000)]
    public int HeldOutPrompts { get; init; } = 300;

    /// <summary>Completions of each policy for each prompt. Both policies use the same random numbers.</summary>
    [Range(1, 1000)]
    public int PerPrompt { get; init; } = 1;

    /// <summary>How the completions are sampled.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Maximum tokens of a prompt; longer prompts are truncated at the start. 0 = no limit.</summary>
    [Range(0, 1_000_000)]
    public int MaxPromptTokens { get; init; }

    /// <summary>Completions sampled or scored in one batch.</summary>
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Bootstrap resamples over prompts.</summary>
    [Range(100, 1_000_000)]
    public int Resamples { get; init; } = 2000;

    /// <summary>Samples that the report shows side by side.</summary>
    [Range(0, 1000)]
    public int ReportSamples { get; init; } = 12;
}
