using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>Values of a JSON object by their dotted names, in the order written.</summary>
internal static class JsonValues
{
    /// <summary>Objects are opened; lists stay one value. Empty where the text is not an object.</summary>
    public static IReadOnlyList<(string Key, JsonNode? Value)> Flatten(string? json)
    {
        if (string.IsNullOrWhiteSpace(json))
            return [];
        try
        {
            return JsonNode.Parse(json) is JsonObject root ? [.. Flatten("", root)] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static IEnumerable<(string Key, JsonNode? Value)> Flatten(string prefix, JsonObject node) => node.SelectMany(member =>
        member.Value is JsonObject { Count: > 0 } inner
            ? Flatten(prefix + member.Key + ".", inner)
            : [(prefix + member.Key, member.Value)]);
}
