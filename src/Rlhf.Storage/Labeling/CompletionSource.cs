using System.Text.Json;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// The name of the policy that a completion came from, where a person or a file gave one: it stands in the completion's sampling
/// settings. Never shown to annotators.
/// </summary>
public static class CompletionSource
{
    private const string Name = "source";

    /// <summary>Sampling settings that say where a completion came from; null where nothing is known.</summary>
    public static string? Write(string? source) => source is null
        ? null
        : ContentJson.Write(new Dictionary<string, string> { [Name] = source });

    /// <summary>The name in some sampling settings; null where there is none.</summary>
    public static string? Read(string? samplingSettings)
    {
        if (samplingSettings is null)
            return null;
        using var json = JsonDocument.Parse(samplingSettings);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(Name, out var source)
            && source.ValueKind == JsonValueKind.String ? source.GetString() : null;
    }
}
