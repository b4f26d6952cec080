using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>Simulated annotators, who rank by a gold reward with seeded noise.</summary>
public sealed record SimulatedAnnotatorOptions
{
    /// <summary>Name of the gold reward that the annotators rank by (`rlhf gold --help` lists them).</summary>
    [Required]
    public string GoldReward { get; init; } = "reviews";

    /// <summary>The number of annotators.</summary>
    [Range(1, 100000)]
    public int Count { get; init; } = 5;

    /// <summary>The mean share of pairs that annotators order against the gold reward; 0.5 is chance.</summary>
    [Range(0.0, 0.5)]
    public double ErrorRate { get; init; } = 0.15;

    /// <summary>How much annotators differ: error rates are spaced evenly from (1 − spread) to (1 + spread) times errorRate.</summary>
    [Range(0.0, 1.0)]
    public double ErrorSpread { get; init; } = 0.3;

    /// <summary>Completions whose gold rewards differ by at most this, times the annotator's leniency, are tied.</summary>
    [Range(0.0, 1e6)]
    public double TieMargin { get; init; } = 0.1;

    /// <summary>The difference of gold rewards, per place of the ranking, that makes one step of strength.</summary>
    [Range(1e-9, 1e6)]
    public double StrengthScale { get; init; } = 1.5;

    /// <summary>The highest step of strength: 1 = "slightly better", the highest = "far better".</summary>
    [Range(1, 10)]
    public int StrengthLevels { get; init; } = 3;

    /// <summary>Rankings are random and ignore the gold reward. A control: no policy should improve with it.</summary>
    public bool ShuffleLabels { get; init; }
}
