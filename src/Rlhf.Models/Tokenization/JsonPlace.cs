using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Models.Tokenization;

/// <summary>A value in a JSON file with its path, for error messages that name file and path.</summary>
internal readonly record struct JsonPlace(JsonElement Element, string Path)
{
    private const int MaxDisplayLength = 80;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>Parses a JSON file and passes its root to <paramref name="read"/>.</summary>
    public static T Read<T>(string file, ReadOnlyMemory<byte> bytes, Func<JsonPlace, T> read)
    {
        if (bytes.Span.StartsWith(ByteOrderMark))
            bytes = bytes[ByteOrderMark.Length..];
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return read(new JsonPlace(document.RootElement, file + ": "));
        }
        catch (JsonException e)
        {
            throw new UserError($"{file} is {DisplayText(JsonFault.Describe(e))}", e);
        }
        catch (InvalidOperationException e)
        {
            // JsonElement throws this for strings that are not valid UTF-8 or UTF-16, for example with a lone surrogate.
            throw new UserError($"{file} contains a string that is not valid Unicode: {e.Message}", e);
        }
    }

    public bool IsObject => Element.ValueKind == JsonValueKind.Object;

    public bool IsString => Element.ValueKind == JsonValueKind.String;

    /// <summary>The value of a property; null if it is absent or an explicit <c>null</c>.</summary>
    public JsonPlace? Find(string name)
    {
        RequireObject();
        return Element.TryGetProperty(name, out JsonElement found) && found.ValueKind != JsonValueKind.Null
            ? new JsonPlace(found, Below(name))
            : null;
    }

    public JsonPlace Require(string name) => Find(name) ?? throw new UserError($"{Below(name)} is missing");

    public string Text(string name) => Require(name).AsText();

    public string Text(string name, string otherwise) => Find(name)?.AsText() ?? otherwise;

    public bool Flag(string name, bool otherwise = false) => Find(name) switch
    {
        null => otherwise,
        { Element.ValueKind: JsonValueKind.True } => true,
        { Element.ValueKind: JsonValueKind.False } => false,
        { } other => throw other.Wrong("true or false"),
    };

    /// <summary>An integer from 0 to int.MaxValue − 1: an id or a count.</summary>
    public int Count(string name) => Require(name).AsCount();

    public string AsText() => IsString ? Element.GetString()! : throw Wrong("a text");

    public int AsCount() => Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value)
        && value is >= 0 and < int.MaxValue
        ? value
        : throw Wrong("an integer from 0 to 2147483646");

    public IEnumerable<JsonPlace> Items()
    {
        if (Element.ValueKind != JsonValueKind.Array)
            throw Wrong("a list");
        int index = 0;
        foreach (JsonElement item in Element.EnumerateArray())
            yield return new JsonPlace(item, $"{Path}[{index++}]");
    }

    public IEnumerable<(string Name, JsonPlace Value)> Entries()
    {
        RequireObject();
        foreach (JsonProperty entry in Element.EnumerateObject())
            yield return (entry.Name, new JsonPlace(entry.Value, Path));
    }

    public UserError Wrong(string expected) => new($"{Path} should be {expected}; got {DisplayText(Element.GetRawText())}");

    /// <summary>Shortens text from a file to one line for an error message, with control characters as \uXXXX.</summary>
    public static string DisplayText(string text) => string.Concat(
        text.Take(MaxDisplayLength).Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? $"\\u{(int)c:x4}" : c.ToString()))
        + (text.Length > MaxDisplayLength ? "…" : "");

    private void RequireObject()
    {
        if (!IsObject)
            throw Wrong("an object");
    }

    private string Below(string name) => Path.EndsWith(' ') ? Path + DisplayText(name) : $"{Path}.{DisplayText(name)}";
}
