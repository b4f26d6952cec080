namespace Rlhf.Definitions.Pipelines;

/// <summary>The kinds of stages that a pipeline file may have, and the record that holds each one's options.</summary>
public sealed record StageCatalog(IReadOnlyDictionary<string, Type> Options);
