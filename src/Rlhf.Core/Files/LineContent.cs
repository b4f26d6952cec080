using System.Text.Json;

namespace Rlhf.Core.Files;

/// <summary>The format of the lines of a text file.</summary>
public enum LineContent
{
    /// <summary>Plain text.</summary>
    Text,

    /// <summary>A JSON object on each line (JSON Lines).</summary>
    JsonObjects,
}

/// <summary>Detects the format of a text file, so that no file is read in the wrong format.</summary>
public static class LineContents
{
    /// <summary>The format of a file, from its name and its first non-blank line.</summary>
    /// <param name="path">A text file (<see cref="TextLines"/>).</param>
    /// <param name="expected">The expected content, for error messages: "expected a prompt per line".</param>
    /// <exception cref="UserError">The file is something else: a table, a JSON document or a web page.</exception>
    public static LineContent Detect(string path, string expected)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        string extension = Path.GetExtension(name).ToLowerInvariant();
        if (extension is ".csv" or ".tsv")
            throw new UserError($"{path}: is a table ({extension}); {expected}");
        string first = TextLines.ReadValid(path).Select(line => line.Text.Trim()).FirstOrDefault(line => line.Length > 0, "");
        if (first.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || first.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            throw new UserError($"{path}: is a web page, perhaps the error page of a failed download; {expected}");
        if (first == "[" || IsJson(first, JsonValueKind.Array) || first.StartsWith("[{", StringComparison.Ordinal)
            || first.StartsWith("[\"", StringComparison.Ordinal))
            throw new UserError($"{path}: is one JSON array; {expected} (`jq -c '.[]'` makes lines of objects from it)");
        if (first == "{")
            throw new UserError($"{path}: is one JSON document over several lines; {expected} (`jq -c .` puts each object on a line "
                + "of its own)");
        return extension is ".jsonl" or ".ndjson" or ".json" || IsJson(first, JsonValueKind.Object)
            ? LineContent.JsonObjects : LineContent.Text;
    }

    private static bool IsJson(string line, JsonValueKind kind)
    {
        if (line.Length == 0 || line[0] is not ('{' or '['))
            return false;
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == kind;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
