using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options.Labeling;

/// <summary>How a project is run, as far as its template says so; what is left out has the default of every project.</summary>
public sealed record ProjectSettingsTemplate
{
    /// <summary>The share of leased tasks that are gold tasks.</summary>
    [Range(0.0, 1.0)]
    public double? GoldShare { get; init; }

    /// <summary>The share of leased tasks that the same person has answered before.</summary>
    [Range(0.0, 1.0)]
    public double? RepeatShare { get; init; }

    /// <summary>How long ago a task must have been answered before it is repeated, minutes.</summary>
    [Range(0.0, 1e9)]
    public double? RepeatAfterMinutes { get; init; }

    /// <summary>The share of qualification tasks that must be answered correctly.</summary>
    [Range(0.0, 1.0)]
    public double? PassMark { get; init; }

    /// <summary>How often somebody may try the qualification.</summary>
    [Range(1, 1000)]
    public int? QualificationTries { get; init; }

    /// <summary>The gold accuracy below which an annotator is paused.</summary>
    [Range(0.0, 1.0)]
    public double? PauseBelowGoldAccuracy { get; init; }

    /// <summary>How many gold tasks an annotator answers before that is looked at.</summary>
    [Range(1, 1_000_000)]
    public int? PauseAfterGolds { get; init; }

    /// <summary>The share of an annotator's newest answers that may be too quick to have been read; above it they are paused.</summary>
    [Range(0.0, 1.0)]
    public double? PauseAboveQuickShare { get; init; }

    /// <summary>An answer is too quick where prompt and completions would have been read at more words a minute than this.</summary>
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double? QuickWordsPerMinute { get; init; }

    /// <summary>
    /// The share of an annotator's newest rankings that may keep the order shown, or be the same by place; above it they are paused
    /// where chance does not explain it.
    /// </summary>
    [Range(0.0, 1.0)]
    public double? PauseAboveStraightShare { get; init; }

    /// <summary>How many of the newest answers these two rules look at.</summary>
    [Range(1, 200)]
    public int? PauseAfterAnswers { get; init; }

    /// <summary>Shown before the first task.</summary>
    public string? ContentWarning { get; init; }
}
