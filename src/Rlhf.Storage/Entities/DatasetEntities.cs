namespace Rlhf.Storage.Entities;

/// <summary>A manifest of annotation revisions that never changes. Its name is the SHA-256 of the manifest.</summary>
public sealed class DatasetVersion
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>SHA-256 of the manifest, lower-case hex.</summary>
    public required string Name { get; init; }

    /// <summary>The manifest: canonical JSON without ids, times or annotators.</summary>
    public required string Manifest { get; init; }

    /// <summary>How many annotation revisions are in it.</summary>
    public int Annotations { get; init; }

    /// <summary>How many of them simulated annotators gave.</summary>
    public int SimulatedAnnotations { get; init; }

    /// <summary>How many different prompts.</summary>
    public int Prompts { get; init; }

    public DateTimeOffset Created { get; init; }
}

/// <summary>Which annotation stands behind an entry of a manifest: beside the manifest, outside its hash.</summary>
public sealed class DatasetVersionEntry
{
    public Guid DatasetVersionId { get; init; }

    public Guid AnnotationId { get; init; }

    /// <summary>
    /// SHA-256 of the annotation's salt and canonical content, 32 bytes. It stays when the annotation is erased, so that the
    /// manifest can still be verified; without the salt it says nothing. Null in versions made before there were salts.
    /// </summary>
    public byte[]? Hash { get; init; }

    /// <summary>The weight of its prompt.</summary>
    public double Weight { get; init; } = 1;
}
