using System.Globalization;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>Reads values of a row, a JSON object, and says what is wrong with them.</summary>
internal static class JsonRow
{
    private const int MaxNames = 8;

    /// <summary>Reads a row.</summary>
    /// <param name="json">The row in UTF-8.</param>
    /// <param name="read">What it means; its result keeps nothing of the row.</param>
    /// <param name="expected">What a row should be, for the message where it is no object.</param>
    /// <exception cref="UserError">Not an object, or not what is expected in it; the caller adds its number.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read, string expected = "an object")
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
                throw new UserError($"expected {expected}");
            if (row.EnumerateObject().GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new UserError($"'{twice.Key}' stands {twice.Count()} times in the line");
            return read(row);
        }
        catch (JsonException exception)
        {
            throw new UserError($"not valid JSON at byte {exception.BytePositionInLine + 1}{Hint(exception)}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new UserError("a text with invalid Unicode", exception);
        }
    }

    public static bool Has(this JsonElement row, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (!row.TryGetProperty(name, out _))
                return false;
        }
        return true;
    }

    public static JsonElement? Find(this JsonElement row, string name) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value : null;

    public static JsonElement Required(this JsonElement row, string name) => row.Find(name)
        ?? throw new UserError($"no '{name}'; the line has "
            + string.Join(", ", row.EnumerateObject().Take(MaxNames).Select(p => $"'{p.Name}'").DefaultIfEmpty("nothing")));

    public static JsonElement.ArrayEnumerator List(this JsonElement row, string name) =>
        row.Required(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray()
            : throw new UserError($"'{name}' must be a list");

    public static string Text(this JsonElement row, string name) => row.Required(name) is { ValueKind: JsonValueKind.String } text
        ? text.GetString()!
        : throw new UserError($"'{name}' must be a text; got {row.GetProperty(name).ValueKind.ToString().ToLowerInvariant()}");

    /// <summary>A text or a number as text; null where there is none.</summary>
    public static string? Name(this JsonElement row, string name) => row.Find(name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    /// <summary>A finite number, also one that is written as text, as in tables; null where there is none.</summary>
    /// <exception cref="UserError">Something else.</exception>
    public static double? Number(this JsonElement row, string name)
    {
        if (row.Find(name) is not { } value || value is { ValueKind: JsonValueKind.String } && value.GetString()!.Trim().Length == 0)
            return null;
        double number = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.True => 1,
            JsonValueKind.False => 0,
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double n) =>
                n,
            JsonValueKind.String when bool.TryParse(value.GetString(), out bool flag) => flag ? 1 : 0,
            _ => double.NaN,
        };
        return double.IsFinite(number) ? number : throw new UserError($"'{name}' must be a number; got {Shown(value)}");
    }

    public static double RequiredNumber(this JsonElement row, string name) =>
        row.Number(name) ?? throw new UserError($"'{name}' has no number");

    /// <summary>A plain text as one message of <paramref name="role"/>, a list of messages as it is.</summary>
    public static IReadOnlyList<Message> Messages(this JsonElement row, string name, string role) =>
        Conversation.ReadOrText(row.Required(name), name, role);

    public static ImportedCompletion Completion(this JsonElement row, string name, string? source = null) =>
        new(row.Messages(name, Message.Assistant), source);

    public static string Shown(JsonElement value) => value.GetRawText() is var raw && raw.Length > 40 ? raw[..40] + "…" : raw;

    private static string Hint(JsonException exception) =>
        exception.Message.StartsWith("'N' ", StringComparison.Ordinal) ? ": NaN is no JSON number; write null, or leave the field out" : "";
}
