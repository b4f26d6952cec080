using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Rlhf.Core.Files;

/// <summary>Describes JSON errors to a user, without the names of .NET types.</summary>
public static partial class JsonFault
{
    private const int MaxShown = 60;

    /// <summary>The fault of a text that is not JSON: "not valid JSON at position 7: …".</summary>
    public static string Describe(JsonException exception)
    {
        string position = exception.BytePositionInLine is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"{Line(exception)} at position {at + 1}") : "";
        return $"not valid JSON{position}: {Reason(exception)}";
    }

    /// <summary>The fault of a text that does not fit a type: "ranks[0] must be a whole number; got 1.5".</summary>
    /// <param name="exception">What the serializer threw.</param>
    /// <param name="json">The text that it read.</param>
    /// <param name="type">What it was to become.</param>
    public static string Describe(JsonException exception, string json, JsonTypeInfo type)
    {
        if (IsSyntax(exception))
            return Describe(exception);
        using var document = JsonDocument.Parse(json);
        return Describe(exception, document.RootElement, type);
    }

    /// <inheritdoc cref="Describe(JsonException, string, JsonTypeInfo)"/>
    public static string Describe(JsonException exception, JsonElement json, JsonTypeInfo type)
    {
        if (IsSyntax(exception))
            return Describe(exception);
        string message = exception.Message;
        if (Missing().Match(message) is { Success: true } missing)
            return $"{missing.Groups["names"].Value} is missing";
        if (Unmapped().Match(message) is { Success: true } unmapped)
            return $"unknown field '{unmapped.Groups["name"].Value}'";
        string path = exception.Path is { Length: > 1 } whole ? whole[1..].TrimStart('.') : "";
        string name = path.Length == 0 ? "the value" : path;
        if (!IsConversion(message))
            return $"{name}: {Reason(exception)}";
        string shown = JsonExpectation.Find(json, path) is { } value ? Shorten(value.GetRawText()) : "null";
        return $"{name} must be {JsonExpectation.Describe(type, path, shown)}; got {shown}";
    }

    /// <summary>The path of the field that is at fault, with the names of JSON; null where it is the document as a whole.</summary>
    public static string? Field(JsonException exception)
    {
        if (IsSyntax(exception))
            return null;
        string path = exception.Path is { Length: > 1 } whole ? whole[1..].TrimStart('.') : "";
        if (Missing().Match(exception.Message) is { Success: true } missing)
        {
            string name = missing.Groups["names"].Value.Split('\'')[1];
            path = path.Length == 0 ? name : $"{path}.{name}";
        }
        return path.Length == 0 ? null : path;
    }

    /// <summary>The name of a field that the document has and its type has not, and the full name of that type; else null.</summary>
    public static (string Name, string Type)? UnknownField(JsonException exception) =>
        !IsSyntax(exception) && Unmapped().Match(exception.Message) is { Success: true } unmapped
            ? (unmapped.Groups["name"].Value, unmapped.Groups["type"].Value)
            : null;

    /// <summary>The parser's own exceptions are of a type that is not public, or wrap one; converters throw the plain type.</summary>
    private static bool IsSyntax(JsonException exception) =>
        exception.GetType() != typeof(JsonException) || exception.InnerException is JsonException;

    private static bool IsConversion(string message) => message.Contains("could not be converted", StringComparison.Ordinal)
        || message.Contains("doesn't allow", StringComparison.Ordinal) && message.Contains("null", StringComparison.Ordinal);

    /// <summary>Nothing for the first line: a line of a JSON Lines file is a document of its own.</summary>
    private static string Line(JsonException exception) => exception.LineNumber is > 0 and var line
        ? string.Create(CultureInfo.InvariantCulture, $" on line {line + 1}") : "";

    private static string Reason(JsonException exception)
    {
        string message = Position().Replace(exception.Message.ReplaceLineEndings(" "), "").TrimEnd(' ', '.');
        return ForProgrammers().Replace(message, "").TrimEnd(' ', '.');
    }

    private static string Shorten(string text) =>
        text.ReplaceLineEndings(" ") is { Length: > MaxShown } longText ? longText[..MaxShown] + "…" : text.ReplaceLineEndings(" ");

    [GeneratedRegex(@"was missing required properties including: (?<names>'[^.]*')")]
    private static partial Regex Missing();

    [GeneratedRegex(@"^The JSON property '(?<name>.*)' could not be mapped to any \.NET member contained in type '(?<type>[^']*)'")]
    private static partial Regex Unmapped();

    [GeneratedRegex(@"( Path: [^|]*\|)? LineNumber: [0-9]+ \| BytePositionInLine: [0-9]+\.?$")]
    private static partial Regex Position();

    [GeneratedRegex(@" Change the reader options\.?| in this mode|, when isFinalBlock is true")]
    private static partial Regex ForProgrammers();
}
