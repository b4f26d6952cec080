using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>
/// Does the stages before it again: each round samples from the policy that the round before has trained. A pipeline file with a repeat
/// is read as the stages of all rounds, one after another.
/// </summary>
public sealed record RepeatOptions : StageOptions
{
    /// <summary>How many rounds there are in all; 1 = nothing is repeated.</summary>
    [Range(1, 100)]
    public int Rounds { get; init; } = 2;

    /// <summary>The stage that a round begins with.</summary>
    [Required]
    public string From { get; init; } = "candidates";

    /// <summary>
    /// The share of each prompt's completions that the policy of the round before samples, so that the reward model goes on to know
    /// them. 0 = all are of the newest policy.
    /// </summary>
    [Range(0.0, 0.9)]
    public double PreviousShare { get; init; } = 0.25;
}
