namespace Rlhf.Storage.Entities;

/// <summary>What somebody may do in a project.</summary>
public enum ProjectRole
{
    Annotator,

    /// <summary>May also review and adjudicate.</summary>
    Reviewer,

    /// <summary>May also change the project and its members.</summary>
    Owner,
}

public enum MemberState
{
    Active,

    /// <summary>May not label until somebody lets them go on; the reason is shown to them.</summary>
    Paused,

    /// <summary>May not label, and what they answered is left out of datasets.</summary>
    Excluded,
}

/// <summary>An annotator's place in a project: role, state, qualification, and what the rules of labeling count.</summary>
public sealed class ProjectMember
{
    public Guid ProjectId { get; init; }

    public Guid AnnotatorId { get; init; }

    public ProjectRole Role { get; set; }

    public MemberState State { get; set; }

    /// <summary>Why they are paused or excluded; shown to them.</summary>
    public string? Reason { get; set; }

    /// <summary>When <see cref="State"/> last changed.</summary>
    public DateTimeOffset? StateChanged { get; set; }

    /// <summary>When they passed the qualification.</summary>
    public DateTimeOffset? Qualified { get; set; }

    /// <summary>The current try at the qualification, from 0.</summary>
    public int QualificationTry { get; set; }

    /// <summary>Their id on another platform (Prolific, MTurk), taken from the link.</summary>
    public string? ExternalWorkerId { get; set; }

    /// <summary>The study or session of that link.</summary>
    public string? ExternalSession { get; set; }

    /// <summary>What they hand in there at the end.</summary>
    public string? CompletionCode { get; set; }

    /// <summary>
    /// Every task before this position is closed or settled for this person, so that the search for their next task begins
    /// here. A trigger sets it back when such a task opens again.
    /// </summary>
    public long NextPosition { get; set; }

    /// <summary>Tasks leased so far, of every kind; gold tasks and repeats are drawn by it.</summary>
    public int Leased { get; set; }

    /// <summary>Normal tasks answered.</summary>
    public int Answered { get; set; }

    public int Golds { get; set; }

    public int GoldsCorrect { get; set; }

    public int Repeats { get; set; }

    /// <summary>Repeats answered like the first time.</summary>
    public int RepeatsAgreed { get; set; }

    public DateTimeOffset Joined { get; init; }
}
