namespace Rlhf.Storage.Lineage;

/// <summary>A checkpoint, run, dataset version, labeling project, annotation or annotator in a lineage.</summary>
/// <param name="Kind">"checkpoint", "dataset", "project", "annotation", "annotators".</param>
/// <param name="Id">The id of its row; of a dataset version its name.</param>
/// <param name="Text">What it is, in one line.</param>
/// <param name="Facts">The same in values: hash, path, run, counts.</param>
public sealed record LineageNode(string Kind, string Id, string Text, IReadOnlyDictionary<string, object?> Facts)
{
    /// <summary>What it was made from.</summary>
    public IReadOnlyList<LineageNode> From { get; init; } = [];

    /// <summary>What was made from it.</summary>
    public IReadOnlyList<LineageNode> To { get; init; } = [];
}
