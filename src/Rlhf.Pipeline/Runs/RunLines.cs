using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rlhf.Pipeline.Runs;

/// <summary>What a run's process tells its parent, one JSON object a line on standard output.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ProgressLine), "progress")]
[JsonDerivedType(typeof(MetricsLine), "metrics")]
[JsonDerivedType(typeof(SamplesLine), "samples")]
[JsonDerivedType(typeof(ErrorLine), "error")]
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

/// <summary>How far the run is within a phase.</summary>
public sealed record ProgressLine(string Phase, long Done, long Total, double TokensPerSecond) : RunLine;

/// <summary>Numbers that belong to one step.</summary>
public sealed record MetricsLine(int Step, IReadOnlyDictionary<string, double> Values) : RunLine;

/// <summary>Texts that show how the model speaks at one step.</summary>
public sealed record SamplesLine(int Step, IReadOnlyList<SampleText> Samples) : RunLine;

/// <summary>One such text.</summary>
public sealed record SampleText(string Prompt, string Completion, double? Score);

/// <summary>Why the run refuses its input (exit code 2) or what broke (exit code 1).</summary>
public sealed record ErrorLine(string Message) : RunLine;
