using Rlhf.Core.Options.Labeling;

namespace Rlhf.Storage.Entities;

/// <summary>What annotators are asked: guidelines and questions, in versions that never change.</summary>
public sealed class LabelingProject
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Name { get; set; }

    /// <summary>How many annotators each task wants, unless the task says otherwise.</summary>
    public int Overlap { get; set; } = 1;

    /// <summary>How the project is run: leases, gold tasks, qualification, who may label.</summary>
    public ProjectSettings Settings { get; set; } = new();

    /// <summary>For an import, the name of its source: a file name, say.</summary>
    public string? ImportSource { get; init; }

    /// <summary>For an import, the SHA-256 of its content, lower-case hex: the same content is imported into one project, once.</summary>
    public string? ContentSha256 { get; init; }

    /// <summary>The run whose candidates are labeled: a label stage waits for this project; null where somebody made it.</summary>
    public Guid? RunId { get; init; }

    /// <summary>The annotator who made it in the labeling app, by id, or the program that made it.</summary>
    public string? CreatedBy { get; init; }

    public DateTimeOffset Created { get; init; }

    public List<LabelingProjectVersion> Versions { get; init; } = [];
}

/// <summary>
/// One version of a project's guidelines and questions; an assignment and its annotations name the version that was shown.
/// </summary>
public sealed class LabelingProjectVersion
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid ProjectId { get; init; }

    /// <summary>1, 2, 3 …</summary>
    public int Number { get; init; } = 1;

    /// <summary>Markdown.</summary>
    public string Guidelines { get; init; } = "";

    public required IReadOnlyList<Question> Questions { get; init; }

    public DateTimeOffset Created { get; init; }
}

/// <summary>Who may label in a project.</summary>
public enum ProjectAccess
{
    /// <summary>Everyone who signs in.</summary>
    Open,

    /// <summary>Those who are members already.</summary>
    Members,
}

/// <summary>Settings of a project. A setting that is not stored has the default given here, also in older projects.</summary>
public sealed record ProjectSettings
{
    /// <summary>The most completions of a task that people rank: one digit key each.</summary>
    public const int MaxCompletions = ProjectTemplate.MaxCompletions;

    public ProjectAccess Access { get; init; } = ProjectAccess.Open;

    /// <summary>
    /// Why nobody gets a task any longer; shown to annotators. Null = open. Leases already given stay good.
    /// </summary>
    public string? Closed { get; init; }

    /// <summary>How many completions each task must have; null leaves it to the tasks.</summary>
    public int? Completions { get; init; }

    /// <summary>How long a lease lasts, minutes.</summary>
    public double LeaseMinutes { get; init; } = 30;

    /// <summary>How many tasks one person may hold at once: the one in view and those fetched ahead.</summary>
    public int MaxLeases { get; init; } = 3;

    /// <summary>The share of leased tasks that are gold tasks, 0 … 1.</summary>
    public double GoldShare { get; init; }

    /// <summary>The share of leased tasks that the same person has answered before, 0 … 1.</summary>
    public double RepeatShare { get; init; }

    /// <summary>How long ago a task must have been answered before it is repeated, minutes.</summary>
    public double RepeatAfterMinutes { get; init; } = 30;

    /// <summary>
    /// The share of qualification tasks that must be answered correctly, 0 … 1. Without qualification tasks everybody is qualified.
    /// </summary>
    public double PassMark { get; init; } = 0.8;

    /// <summary>How often somebody may try the qualification.</summary>
    public int QualificationTries { get; init; } = 2;

    /// <summary>The gold accuracy below which an annotator is paused; null never pauses.</summary>
    public double? PauseBelowGoldAccuracy { get; init; }

    /// <summary>How many gold tasks an annotator answers before <see cref="PauseBelowGoldAccuracy"/> is looked at.</summary>
    public int PauseAfterGolds { get; init; } = 5;

    /// <summary>
    /// The share of an annotator's newest answers that may be quicker than <see cref="QuickWordsPerMinute"/>; above it they are paused.
    /// Null never pauses.
    /// </summary>
    public double? PauseAboveQuickShare { get; init; }

    /// <summary>An answer is quick where prompt and completions would have been read at more words a minute than this.</summary>
    public double QuickWordsPerMinute { get; init; } = 1000;

    /// <summary>
    /// The share of an annotator's newest rankings that may keep the order shown, or be the same by place; above it they are paused
    /// where chance does not explain it. Null never pauses.
    /// </summary>
    public double? PauseAboveStraightShare { get; init; }

    /// <summary>How many of the newest answers the two rules look at; before there are so many, they pause nobody.</summary>
    public int PauseAfterAnswers { get; init; } = 30;

    /// <summary>Shown before the first task.</summary>
    public string? ContentWarning { get; init; }

    /// <summary>Whether prompts and completions are shown as they were written; otherwise their Markdown is formatted.</summary>
    public bool PlainText { get; init; }

    /// <summary>Shown to external workers at the end; null makes one for each member.</summary>
    public string? CompletionCode { get; init; }

    /// <summary>How long without input still counts as active time, seconds, for a short text.</summary>
    public double IdleSeconds { get; init; } = 120;
}

/// <summary>How much of a project there is, kept by triggers on its tasks; normal tasks only.</summary>
public sealed class ProjectCounts
{
    public Guid ProjectId { get; init; }

    public int Tasks { get; init; }

    /// <summary>Tasks that want no further answers.</summary>
    public int Complete { get; init; }

    /// <summary>Sum of <see cref="LabelingTask.Answered"/>.</summary>
    public int Answered { get; init; }

    /// <summary>Tasks with an overlap of their own.</summary>
    public int OwnOverlapTasks { get; init; }

    /// <summary>Sum of the overlaps of those.</summary>
    public int OwnOverlap { get; init; }
}
