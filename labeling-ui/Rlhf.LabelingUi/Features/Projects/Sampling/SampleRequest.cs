namespace Rlhf.LabelingUi.Features.Projects.Sampling;

/// <summary>What the form of the page asks for: a policy, prompts, and how its completions are sampled.</summary>
public sealed class SampleRequest
{
    /// <summary>The name of the labeling project; empty = the name of the model's folder.</summary>
    public string? Name { get; set; }

    /// <summary>Folder of the policy; empty = the one that comes with the program.</summary>
    public string? Model { get; set; }

    /// <summary>Prompts, one per line; empty = those of the bundled policy's generated reviews.</summary>
    public string? Prompts { get; set; }

    /// <summary>How many prompts become tasks.</summary>
    public int Count { get; set; } = 60;

    /// <summary>Completions for each prompt.</summary>
    public int PerPrompt { get; set; } = 4;

    /// <summary>Maximum tokens of a completion.</summary>
    public int MaxNewTokens { get; set; } = 64;

    /// <summary>The logits are divided by this.</summary>
    public double Temperature { get; set; } = 0.7;
}
