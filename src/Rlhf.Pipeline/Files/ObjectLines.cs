using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Definitions;

namespace Rlhf.Pipeline.Files;

/// <summary>
/// Reads JSON Lines of objects whose fields are all known: a name that would otherwise be passed over is refused.
/// </summary>
internal static class ObjectLines
{
    /// <summary>The objects with the numbers of their lines and their places; blank lines are passed over.</summary>
    /// <param name="path">A file of JSON Lines.</param>
    /// <param name="fields">The names that an object may have.</param>
    /// <param name="expected">What a line is, for the message when it is no object.</param>
    /// <param name="bind">Makes a value of an object; its second argument is the place for messages.</param>
    /// <exception cref="UserError">No such file, or a line that is no such object, with file and line.</exception>
    public static IEnumerable<(int Number, string Place, T Value)> Read<T>(
        string path, string[] fields, string expected, Func<JsonElement, string, T> bind)
    {
        foreach (var line in TextLines.Read(path))
        {
            if (line.IsBlank)
                continue;
            string place = $"{path}:{line.Number}";
            if (line.Fault is { } fault)
                throw new UserError($"{place}: {fault}");
            yield return (line.Number, place, Parse(line.Utf8, place, fields, expected, bind));
        }
    }

    private static T Parse<T>(
        ReadOnlyMemory<byte> utf8, string place, string[] fields, string expected, Func<JsonElement, string, T> bind)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw new UserError($"{place}: expected {expected}; got {OneLine.Quote(json.RootElement.GetRawText())}");
            foreach (var field in json.RootElement.EnumerateObject())
            {
                if (!fields.Contains(field.Name, StringComparer.Ordinal))
                    throw new UserError($"{place}: unknown field \"{OneLine.Quote(field.Name)}\"{NearestName.Suggest(field.Name, fields)} "
                        + $"Known fields: {string.Join(", ", fields)}");
            }
            return bind(json.RootElement, place);
        }
        catch (JsonException exception)
        {
            throw new UserError($"{place}: {JsonFault.Describe(exception)}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair, escaped.
            throw new UserError($"{place}: a text that is not valid Unicode", exception);
        }
    }
}
