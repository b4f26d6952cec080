using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;

namespace Rlhf.Models.Checkpoints;

/// <summary>JSON files written by other programs: whatever is wrong with one is a message of one line.</summary>
internal static class JsonFile
{
    private const long MaxConfigBytes = 64L << 20;

    private const int MaxReasonLength = 200;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>The object in a file.</summary>
    /// <exception cref="UserError">No such file, or no JSON object in it.</exception>
    public static JsonObject Read(string path)
    {
        return File.Exists(path) ? Parse(BoundedFile.ReadAllBytes(path, MaxConfigBytes), path) : throw new UserError($"there is no {path}");
    }

    /// <summary>The object in a text; <paramref name="place"/> names it in errors.</summary>
    public static JsonObject Parse(ReadOnlySpan<byte> utf8, string place)
    {
        try
        {
            var node = JsonNode.Parse(utf8, documentOptions: Strict);
            // Names and texts are decoded when they are asked for: asked here, what cannot be decoded is found here.
            Walk(node);
            return node as JsonObject
                ?? throw new UserError(
                    $"{place}: an object is wanted, not {(node is null ? "null" : node.GetValueKind().ToString().ToLowerInvariant())}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new UserError($"{place}: no valid JSON: {DisplayText.Text(e.Message, MaxReasonLength)}", e);
        }
    }

    private static void Walk(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (_, value) in members)
                    Walk(value);
                break;
            case JsonArray items:
                foreach (var item in items)
                    Walk(item);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                value.GetValue<string>();
                break;
        }
    }
}
