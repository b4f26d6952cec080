namespace Rlhf.Storage.Entities;

public enum ErasureKind
{
    Annotator,
    Annotation,
    Prompt,
}

/// <summary>What remains of erased data.</summary>
public sealed class Tombstone
{
    /// <summary>In order of erasure: the largest says how much has been erased so far.</summary>
    public long Id { get; init; }

    /// <summary>The erasure that it belongs to.</summary>
    public Guid ErasureId { get; init; }

    /// <summary>What was asked for: an annotator's erasure leaves tombstones of their annotations too.</summary>
    public ErasureKind Kind { get; init; }

    /// <summary>The annotator, annotation or task.</summary>
    public Guid TargetId { get; init; }

    /// <summary>
    /// SHA-256 of the content after 16 random bytes that were thrown away: it tells two erased contents apart, and nothing else.
    /// </summary>
    public required string SaltedHash { get; init; }

    public DateTimeOffset Created { get; init; }
}

public enum StaleTarget
{
    DatasetVersion,
    Run,
    Checkpoint,
}

public enum StaleCause
{
    Erasure,
    Exclusion,
}

/// <summary>Marks a dataset version, or what was made from it, that contains data erased or excluded later.</summary>
public sealed class StaleMark
{
    public Guid TargetId { get; init; }

    /// <summary>The erasure or exclusion.</summary>
    public Guid CauseId { get; init; }

    public StaleTarget Target { get; init; }

    public StaleCause Cause { get; init; }

    public DateTimeOffset Created { get; init; }
}
