using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Models.Checkpoints;

/// <summary>Reads JSON files written by other programs. All errors become one-line messages.</summary>
internal static class JsonFile
{
    private const long MaxConfigBytes = 64L << 20;

    private const int MaxReasonLength = 200;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Reads the JSON object in a file.</summary>
    /// <exception cref="UserError">The file does not exist, or does not contain a JSON object.</exception>
    public static JsonObject Read(string path)
    {
        return File.Exists(path) ? Parse(RegularFile.ReadAllBytes(path, MaxConfigBytes), path) : throw new UserError($"there is no {path}");
    }

    /// <summary>Parses a JSON object; <paramref name="place"/> names it in errors.</summary>
    public static JsonObject Parse(ReadOnlySpan<byte> utf8, string place)
    {
        try
        {
            var node = JsonNode.Parse(utf8, documentOptions: Strict);
            // Strings are decoded lazily. Reading them all here finds invalid ones early.
            Walk(node);
            return node as JsonObject
                ?? throw new UserError(
                    $"{place}: expected an object; got {(node is null ? "null" : node.GetValueKind().ToString().ToLowerInvariant())}");
        }
        catch (JsonException e)
        {
            throw new UserError($"{place}: {DisplayText.Text(JsonFault.Describe(e), MaxReasonLength)}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new UserError($"{place}: not valid JSON: {DisplayText.Text(e.Message, MaxReasonLength)}", e);
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
