namespace Rlhf.Storage.Entities;

public enum ReviewDecision
{
    Approved,

    /// <summary>Right but for details: the review's answers replace the annotation's in datasets.</summary>
    Edited,

    /// <summary>Wrong: left out of datasets; the author sees the feedback.</summary>
    Rejected,

    /// <summary>The task's final answers, where annotators disagree.</summary>
    Adjudicated,
}

/// <summary>A reviewer's decision on one annotation, or on a task as a whole (adjudication). A later decision is a new row.</summary>
public sealed class Review
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid TaskId { get; init; }

    /// <summary>The annotation revision that was looked at; null for an adjudication.</summary>
    public Guid? AnnotationId { get; init; }

    /// <summary>The reviewer, as an annotator.</summary>
    public Guid ReviewerId { get; init; }

    public ReviewDecision Decision { get; init; }

    /// <summary>The answers as they should be: edited or adjudicated.</summary>
    public Answers? Answers { get; init; }

    /// <summary>Random bytes for hashes of the answers, as in <see cref="Annotation.Salt"/>.</summary>
    public byte[]? Salt { get; init; }

    /// <summary>Shown to the author.</summary>
    public string? Feedback { get; init; }

    /// <summary>Whether this is the newest decision on the annotation, or on the task.</summary>
    public bool Latest { get; set; } = true;

    public DateTimeOffset? Erased { get; init; }

    public DateTimeOffset Created { get; init; }
}

/// <summary>
/// Leaves some annotations out of later datasets; the annotations themselves never change. At least one target is named.
/// </summary>
public sealed class Exclusion
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>With an annotator: their annotations of this project only; null for all projects.</summary>
    public Guid? ProjectId { get; init; }

    public Guid? AnnotatorId { get; init; }

    public Guid? TaskId { get; init; }

    /// <summary>All revisions of this assignment.</summary>
    public Guid? AssignmentId { get; init; }

    public required string Reason { get; init; }

    /// <summary>The annotator who decided, by id.</summary>
    public string? CreatedBy { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>When it was taken back.</summary>
    public DateTimeOffset? Lifted { get; set; }
}
