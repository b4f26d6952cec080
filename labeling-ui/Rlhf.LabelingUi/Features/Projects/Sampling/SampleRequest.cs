namespace Rlhf.LabelingUi.Features.Projects.Sampling;

/// <summary>
/// What the form of the page asks for: a policy, prompts, and how its completions are sampled. A number that is left out has its default.
/// </summary>
public sealed class SampleRequest
{
    public const int DefaultCount = 60, DefaultPerPrompt = 4, DefaultMaxNewTokens = 64;

    public const double DefaultTemperature = 0.7;

    /// <summary>The name of the labeling project; empty = the name of the model's folder.</summary>
    public string? Name { get; set; }

    /// <summary>Folder of the policy; empty = the one that comes with the program.</summary>
    public string? Model { get; set; }

    /// <summary>Prompts, one per line; empty = those of the bundled policy's generated reviews.</summary>
    public string? Prompts { get; set; }

    /// <summary>How many prompts become tasks.</summary>
    public int? Count { get; set; }

    /// <summary>Completions for each prompt.</summary>
    public int? PerPrompt { get; set; }

    /// <summary>Maximum tokens of a completion.</summary>
    public int? MaxNewTokens { get; set; }

    /// <summary>The logits are divided by this.</summary>
    public double? Temperature { get; set; }
}
