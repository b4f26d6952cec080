using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>What the pages tell of a pipeline's resolved definition.</summary>
/// <param name="Seed">Its root seed.</param>
/// <param name="Description">What it is for, in its author's words.</param>
/// <param name="Kinds">The kinds of its stages in order.</param>
internal sealed record DefinitionFacts(string? Seed, string? Description, IReadOnlyList<string> Kinds)
{
    /// <summary>Reads the values that exist; a row of another version may have fewer.</summary>
    public static DefinitionFacts Of(string definition)
    {
        try
        {
            var root = JsonNode.Parse(definition)?.AsObject();
            return new DefinitionFacts(
                root?["seed"]?.ToString(), root?["description"]?.ToString() is { Length: > 0 } text ? text : null,
                [.. root?["stages"]?.AsArray().Select(stage => stage?["kind"]?.ToString()).OfType<string>() ?? []]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new DefinitionFacts(null, null, []);
        }
    }
}
