using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>Simulated annotators: seeded, they rank by a gold reward with noise.</summary>
public sealed record SimulatedAnnotatorOptions
{
    /// <summary>Name of the gold reward that the annotators follow (`rlhf gold --help` lists them).</summary>
    [Required]
    public string GoldReward { get; init; } = "reviews";

    /// <summary>How many annotators there are.</summary>
    [Range(1, 100000)]
    public int Count { get; init; } = 5;

    /// <summary>The share of pairs that they order against the gold reward, over all annotators; 0.5 is chance.</summary>
    [Range(0.0, 0.5)]
    public double ErrorRate { get; init; } = 0.15;

    /// <summary>How much annotators differ: their error rates lie evenly between (1 − spread) and (1 + spread) times errorRate.</summary>
    [Range(0.0, 1.0)]
    public double ErrorSpread { get; init; } = 0.3;

    /// <summary>Completions whose gold rewards differ by no more than this are ties (times an annotator's own leniency).</summary>
    [Range(0.0, 1e6)]
    public double TieMargin { get; init; } = 0.1;

    /// <summary>The difference of gold rewards, per place of the ranking, that is one step of strength.</summary>
    [Range(1e-9, 1e6)]
    public double StrengthScale { get; init; } = 1.5;

    /// <summary>The highest step of strength: 1 = "slightly better", the highest = "far better".</summary>
    [Range(1, 10)]
    public int StrengthLevels { get; init; } = 3;

    /// <summary>Rankings are random, whatever the gold reward says: a control, on which no policy should improve.</summary>
    public bool ShuffleLabels { get; init; }
}
