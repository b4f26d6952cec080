using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Rlhf.Core.Options;

/// <summary>How completions are sampled from a policy.</summary>
public sealed record SamplingOptions : IValidatableObject
{
    /// <summary>The logits are divided by this before the softmax; 0 = greedy.</summary>
    [ZeroOrRange(1e-3, 100)]
    public double Temperature { get; init; } = 0.7;

    /// <summary>Only the k most probable tokens are sampled from; 0 = off.</summary>
    [Range(0, int.MaxValue)]
    public int TopK { get; init; }

    /// <summary>Only the smallest set of most probable tokens whose total probability reaches this is sampled from; 1 = off.</summary>
    [Range(0.0, 1.0)]
    public double TopP { get; init; } = 1;

    /// <summary>Maximum tokens of a completion, including its EOS.</summary>
    [Range(1, int.MaxValue)]
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Continue after an EOS until maxNewTokens is reached.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>Take the most probable token instead of sampling one.</summary>
    public bool Greedy { get; init; }

    /// <summary>A completion ends at the token that completes one of these strings.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // Every text contains an empty one.
        if (StopStrings.Contains(""))
            yield return new ValidationResult("a stop string must not be empty (stopStrings)");
        if ((Greedy || Temperature == 0) && (TopK != 0 || TopP != 1))
        {
            string which = TopK != 0 ? "topK" : "topP", value = (TopK != 0 ? TopK : TopP).ToString(CultureInfo.InvariantCulture);
            yield return new ValidationResult($"{which}: {value} has no effect where the most probable token is taken (greedy, or "
                + $"temperature 0); leave {which} out");
        }
    }
}
