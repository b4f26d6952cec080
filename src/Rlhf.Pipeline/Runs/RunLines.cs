using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Training;

namespace Rlhf.Pipeline.Runs;

/// <summary>What a run's process tells its parent, one JSON object per line on standard output.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ProgressLine), "progress")]
[JsonDerivedType(typeof(MetricsLine), "metrics")]
[JsonDerivedType(typeof(SamplesLine), "samples")]
[JsonDerivedType(typeof(ErrorLine), "error")]
[JsonDerivedType(typeof(AliveLine), "alive")]
public abstract record RunLine
{
    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Compact);

    /// <summary>Null where the text is something else that happened to be printed.</summary>
    public static RunLine? TryParse(string text)
    {
        if (!text.StartsWith("{\"type\":", StringComparison.Ordinal))
            return null;
        try
        {
            return JsonSerializer.Deserialize<RunLine>(text, RunJson.Compact);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}

/// <summary>How far the run is within a phase; <see cref="TrainingProgress"/> says what the speed counts.</summary>
public sealed record ProgressLine(
    string Phase, long Done, long Total, double TokensPerSecond, string Counted = TrainingProgress.AllTokens) : RunLine;

/// <summary>Numbers that belong to one step.</summary>
public sealed record MetricsLine(int Step, IReadOnlyDictionary<string, double> Values) : RunLine;

/// <summary>Texts that show how the model speaks at one step.</summary>
public sealed record SamplesLine(int Step, IReadOnlyList<SampleText> Samples) : RunLine;

/// <summary>One such text.</summary>
public sealed record SampleText(string Prompt, string Completion, double? Score);

/// <summary>
/// Why the run fails: it refuses its input (exit code 2), the training diverged (exit code 3), or it failed otherwise (exit code 1).
/// </summary>
/// <param name="MayRetry">Whether another attempt may end differently.</param>
public sealed record ErrorLine(string Message, bool MayRetry = false) : RunLine;

/// <summary>Comes at regular intervals, whatever the run computes. A process from which nothing comes is suspended or stuck.</summary>
public sealed record AliveLine : RunLine
{
    /// <summary>How often the line comes; a process is given several times as long before it is ended.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
}
