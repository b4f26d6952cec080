using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Rlhf.Core.Files;

/// <summary>What must be at a place of a JSON document ("completions[2].ids"), in the words of JSON.</summary>
internal static partial class JsonExpectation
{
    /// <summary>The value at a path; null where the document ends before.</summary>
    public static JsonElement? Find(JsonElement json, string path)
    {
        foreach (string step in Steps(path))
        {
            if (json.ValueKind == JsonValueKind.Array && int.TryParse(step, CultureInfo.InvariantCulture, out int index)
                && index < json.GetArrayLength())
                json = json[index];
            else if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(step, out json))
                return null;
        }
        return json;
    }

    /// <summary>"a whole number of 1 or more", from the type at the path and the <see cref="RangeAttribute"/> of its property.</summary>
    /// <param name="root">The type of the document.</param>
    /// <param name="path">The place, with the names of JSON.</param>
    /// <param name="given">The value found there, as JSON; a number that is too large is told the limit.</param>
    public static string Describe(JsonTypeInfo root, string path, string given)
    {
        (var info, object? least) = (root, null);
        foreach (string step in Steps(path))
        {
            var property = info.Properties.FirstOrDefault(p => p.Name == step);
            if (property?.AttributeProvider?.GetCustomAttributes(typeof(RangeAttribute), true) is [RangeAttribute range])
                least = range.Minimum;
            if ((property?.PropertyType ?? info.ElementType) is not { } next)
                return "a value of another kind";
            info = root.Options.GetTypeInfo(next);
        }
        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        return type switch
        {
            { IsEnum: true } => string.Join("|", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)),
            _ when type == typeof(string) => "a text",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(Guid) => "an id such as 019b0c5e-7f3a-7c1d-8e2b-1f2a3b4c5d6e",
            _ when type == typeof(DateTimeOffset) || type == typeof(DateTime) => "a time such as 2026-01-31T12:00:00Z",
            _ when Largest(type) is { } largest => WholeNumber(least, largest, given),
            _ when type == typeof(double) || type == typeof(float) || type == typeof(decimal) =>
                least is null ? "a number" : string.Create(CultureInfo.InvariantCulture, $"a number of {least} or more"),
            _ when info.Kind == JsonTypeInfoKind.Enumerable => "a list",
            // A converter of its own reads what it likes; lists are lists all the same.
            _ when typeof(System.Collections.IEnumerable).IsAssignableFrom(type) && info.Kind != JsonTypeInfoKind.Dictionary => "a list",
            _ => "an object",
        };
    }

    private static string WholeNumber(object? least, decimal largest, string given)
    {
        bool tooLarge = decimal.TryParse(given, CultureInfo.InvariantCulture, out decimal number) && number > largest;
        string from = least is null ? "" : string.Create(CultureInfo.InvariantCulture, $" of {least} or more");
        return string.Create(CultureInfo.InvariantCulture, $"a whole number{from}{(tooLarge ? $", at most {largest}" : "")}");
    }

    private static decimal? Largest(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => byte.MaxValue,
        TypeCode.Int16 => short.MaxValue,
        TypeCode.Int32 => int.MaxValue,
        TypeCode.UInt32 => uint.MaxValue,
        TypeCode.Int64 => long.MaxValue,
        TypeCode.UInt64 => ulong.MaxValue,
        _ => null,
    };

    /// <summary>completions[2].ids → completions, 2, ids; names with signs are written ['a.b'].</summary>
    private static IEnumerable<string> Steps(string path) => Step().Matches(path)
        .Select(match => match.Groups.Values.Skip(1).First(group => group.Success).Value);

    [GeneratedRegex(@"\['(.*?)'\]|\[([0-9]+)\]|([^.\[\]]+)")]
    private static partial Regex Step();
}
