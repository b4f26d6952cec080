using System.Security.Cryptography;

namespace Rlhf.Storage.Entities;

/// <summary>
/// Someone who ranks or rates. The id is random (not in order of time) and holds nothing of the person; an account points here, never
/// the reverse. Whether an annotator is simulated is set when the row is added and never changes.
/// </summary>
public sealed class Annotator
{
    public Guid Id { get; init; } = Guid.NewGuid();

    public bool IsSimulated { get; init; }

    /// <summary>What kind of annotator it is: for a simulated one its gold reward and error rates, for an import its source.</summary>
    public string Description { get; init; } = "";

    /// <summary>What they tell of themselves, as JSON; optional and erasable.</summary>
    public string? Profile { get; set; }

    /// <summary>When what belongs to them was erased.</summary>
    public DateTimeOffset? Erased { get; init; }

    public DateTimeOffset Created { get; init; }
}

public enum AssignmentState
{
    Leased,
    Submitted,
    Skipped,
}

/// <summary>
/// A lease: one annotator's seat at one task, until it is answered, skipped or expires. The
/// order shown is fixed when the lease is given.
/// </summary>
public sealed class Assignment
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>The task's project, again here for the index of leases.</summary>
    public Guid ProjectId { get; init; }

    public Guid TaskId { get; init; }

    public Guid AnnotatorId { get; init; }

    public TaskKind Kind { get; init; }

    /// <summary>0 for the first time; a repeat, or a second try at a qualification task, has the next number.</summary>
    public int Round { get; init; }

    public AssignmentState State { get; set; }

    /// <summary>The version of the project that is shown; null only where the lease was given before this was recorded.</summary>
    public Guid? ProjectVersionId { get; set; }

    /// <summary>The order in which the completions are shown: indices into the task; null as stored.</summary>
    public IReadOnlyList<int>? OrderShown { get; set; }

    public DateTimeOffset Leased { get; set; }

    /// <summary>When the lease expires; afterwards the seat is anyone's.</summary>
    public DateTimeOffset Expires { get; set; }

    public DateTimeOffset? Closed { get; set; }

    public string? SkipReason { get; set; }

    /// <summary>Gold and qualification: whether the answer was right. Repeat: whether it was the same as before.</summary>
    public bool? Correct { get; set; }
}

/// <summary>One revision of an annotator's answers to a task. Never overwritten: a correction is the next revision.</summary>
public sealed class Annotation
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid AssignmentId { get; init; }

    public Guid TaskId { get; init; }

    public Guid AnnotatorId { get; init; }

    /// <summary>The version of the project that was answered.</summary>
    public Guid ProjectVersionId { get; init; }

    /// <summary>Why it was asked; only normal ones become training data.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>1, 2, 3 …</summary>
    public int Revision { get; init; } = 1;

    /// <summary>Whether this is the newest revision.</summary>
    public bool Latest { get; set; } = true;

    public required Answers Answers { get; init; }

    /// <summary>
    /// 16 random bytes that go into every hash of this revision's content, removed when it is erased: without them nobody can
    /// find an erased ranking by hashing the few that are possible.
    /// </summary>
    public byte[]? Salt { get; init; } = RandomNumberGenerator.GetBytes(16);

    /// <summary>The order in which the completions were shown: indices into the task; null as stored.</summary>
    public IReadOnlyList<int>? OrderShown { get; init; }

    /// <summary>Time taken, seconds, never more than the lease had lasted.</summary>
    public double? Seconds { get; init; }

    /// <summary>The part of it with input, reading included, seconds.</summary>
    public double? ActiveSeconds { get; init; }

    /// <summary>Whether a simulated annotator gave it; the database refuses anything else than what the annotator is.</summary>
    public bool IsSimulated { get; init; }

    /// <summary>When its content was erased.</summary>
    public DateTimeOffset? Erased { get; init; }

    public DateTimeOffset Created { get; init; }
}

/// <summary>Answers that are not submitted yet. A submission removes them.</summary>
public sealed class Draft
{
    public Guid AssignmentId { get; init; }

    /// <summary>As far as they are given; not checked.</summary>
    public required Answers Answers { get; set; }

    /// <summary>Counted by the client: an older draft never replaces a newer one.</summary>
    public long Sequence { get; set; }

    public double? ActiveSeconds { get; set; }

    public DateTimeOffset Saved { get; set; }
}
