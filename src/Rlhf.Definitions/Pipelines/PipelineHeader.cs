using System.ComponentModel.DataAnnotations;
using Rlhf.Core.Options;

namespace Rlhf.Definitions.Pipelines;

/// <summary>The top of a pipeline file: what it is, and the defaults of its stages.</summary>
public sealed record PipelineHeader : ComputeOptions
{
    /// <summary>A short name of the pipeline.</summary>
    [Required, RegularExpression("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")]
    public string Name { get; init; } = "";

    /// <summary>What the pipeline shows or is for.</summary>
    public string Description { get; init; } = "";
}
