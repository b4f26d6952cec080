using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>How completions are drawn from a policy.</summary>
public sealed record SamplingOptions
{
    /// <summary>The logits are divided by this before the softmax; 0 takes the most probable token, as greedy does.</summary>
    [ZeroOrRange(1e-3, 100)]
    public double Temperature { get; init; } = 0.7;

    /// <summary>Only the k most probable tokens may be drawn; 0 is off.</summary>
    [Range(0, int.MaxValue)]
    public int TopK { get; init; }

    /// <summary>Only the smallest set of tokens whose probability reaches this may be drawn; 1 is off.</summary>
    [Range(0.0, 1.0)]
    public double TopP { get; init; } = 1;

    /// <summary>The largest number of tokens per completion, its EOS included.</summary>
    [Range(1, int.MaxValue)]
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Continues after an EOS until the largest number of tokens is reached.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>Takes the most probable token instead of drawing one.</summary>
    public bool Greedy { get; init; }

    /// <summary>A completion ends with the token that completes one of these texts.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];
}
