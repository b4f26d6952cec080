using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Simulation.Prompts;

/// <summary>The prompts of a file that a user names: a prompt per line, or JSON Lines with a "prompt" in each object.</summary>
internal static class PromptFile
{
    private const string Expected = "expected text with a prompt per line, or JSON Lines with {\"prompt\": \"text\"} on each";

    /// <summary>The prompts in their order; blank lines are passed over.</summary>
    /// <exception cref="UserError">Another kind of file, or a line that does not fit, with its number.</exception>
    public static IEnumerable<string> Read(string path)
    {
        bool json = LineContents.Detect(path, Expected) == LineContent.JsonObjects;
        foreach (var (number, line) in TextLines.ReadValid(path))
        {
            if (!string.IsNullOrWhiteSpace(line))
                yield return json ? FromJson(line, $"{path}:{number}") : FromText(line, $"{path}:{number}");
        }
    }

    private static string FromText(string line, string place)
    {
        int bad = line.AsSpan().IndexOfAnyInRange('\u0001', '\b');
        return bad < 0 ? line : throw new UserError($"{place}: a control character (U+{(int)line[bad]:X4}); is this a text "
            + $"file? {Expected}");
    }

    private static string FromJson(string line, string place)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw new UserError($"{place}: is not a JSON object; {Expected}");
            if (!json.RootElement.TryGetProperty("prompt", out var prompt))
                throw new UserError($"{place}: has no \"prompt\" (it has {Names(json.RootElement)}); {Expected}");
            return prompt.ValueKind == JsonValueKind.String
                ? prompt.GetString()!
                : throw new UserError($"{place}: its \"prompt\" is {Name(prompt.ValueKind)}, not text; {Expected}");
        }
        catch (JsonException exception)
        {
            throw new UserError($"{place}: {JsonFault.Describe(exception)}; {Expected}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair, escaped.
            throw new UserError($"{place}: its \"prompt\" is not valid Unicode", exception);
        }
    }

    private static string Names(JsonElement json)
    {
        const int Most = 6;
        string[] names = [.. json.EnumerateObject().Take(Most).Select(p => p.Name)];
        return names.Length == 0 ? "nothing" : string.Join(", ", names);
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
