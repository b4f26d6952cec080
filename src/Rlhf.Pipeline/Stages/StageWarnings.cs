using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Stages;

/// <summary>The warnings among a stage's results, whatever else its result.json holds.</summary>
public sealed record StageWarnings(IReadOnlyList<string>? Warnings = null)
{
    /// <summary>None where the attempt has no result.</summary>
    public static IReadOnlyList<string> Read(AttemptFolder run) => File.Exists(run.ResultFile)
        ? run.ReadResult<StageWarnings>().Warnings ?? []
        : [];
}
