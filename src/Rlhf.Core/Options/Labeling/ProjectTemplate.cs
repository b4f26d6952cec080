using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options.Labeling;

/// <summary>What a labeling project asks: one of the protocols that ship, or a file of one's own.</summary>
public sealed record ProjectTemplate
{
    /// <summary>The most completions of a task that people rank: one digit key each.</summary>
    public const int MaxCompletions = 9;

    /// <summary>What lists of templates call it.</summary>
    public string Title { get; init; } = "";

    /// <summary>Shown to annotators; Markdown.</summary>
    public string Guidelines { get; init; } = "";

    /// <summary>How many completions each task has; null leaves it to the tasks.</summary>
    [Range(1, MaxCompletions)]
    public int? K { get; init; }

    /// <summary>How many annotators each task wants.</summary>
    [Range(1, int.MaxValue)]
    public int Overlap { get; init; } = 1;

    /// <summary>How the project is run: checks, rules that pause annotators, qualification.</summary>
    public ProjectSettingsTemplate? Settings { get; init; }

    /// <summary>What is asked about each task, in this order.</summary>
    [Required, MinLength(1)]
    public IReadOnlyList<QuestionTemplate> Questions { get; init; } = [];
}
