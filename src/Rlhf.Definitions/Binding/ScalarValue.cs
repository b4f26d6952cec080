using System.Globalization;
using Rlhf.Core;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Binding;

/// <summary>One YAML value as the type that an option has.</summary>
internal static class ScalarValue
{
    public static object Parse(YamlScalar node, Type type, string name)
    {
        var t = OptionType.Underlying(type);
        if (t == typeof(string))
            return node.Value;
        if (t.IsEnum)
            return ParseEnum(node, t, name);
        // Quotes make a text of what looks like a number: YAML says so, and silence would hide a slip.
        if (node.Plain && ParsePlain(node.Value, t) is { } value)
            return value;
        string also = node.Plain ? "" : " in quotes";
        throw new UserError($"{node.Place}: {name} must be {OptionType.Name(t)}; got "
            + $"'{OneLine.Quote(node.Value)}'{also}{Bounds(node.Value, t)}");
    }

    private static object? ParsePlain(string text, Type type)
    {
        const NumberStyles Whole = NumberStyles.AllowLeadingSign;
        var culture = CultureInfo.InvariantCulture;
        if (type == typeof(bool))
            return text switch { "true" or "True" or "TRUE" => true, "false" or "False" or "FALSE" => false, _ => null };
        if (type == typeof(int))
            return int.TryParse(text, Whole, culture, out int number) ? number : null;
        if (type == typeof(long))
            return long.TryParse(text, Whole, culture, out long number) ? number : null;
        if (type == typeof(uint))
            return uint.TryParse(text, Whole, culture, out uint number) ? number : null;
        if (type == typeof(ulong))
            return ulong.TryParse(text, Whole, culture, out ulong number) ? number : null;
        const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (type == typeof(double))
            return double.TryParse(text, Real, culture, out double number) && double.IsFinite(number) ? number : null;
        if (type == typeof(float))
            return float.TryParse(text, Real, culture, out float number) && float.IsFinite(number) ? number : null;
        throw new InvalidOperationException($"An option cannot be of type {type}");
    }

    /// <summary>A number of the right kind that the type cannot hold: say what it can.</summary>
    private static string Bounds(string text, Type type)
    {
        bool whole = text.Length > 0 && text.AsSpan().TrimStart("+-").IndexOfAnyExceptInRange('0', '9') < 0;
        if (!whole || type == typeof(bool))
            return "";
        return type == typeof(int) ? $" (at most {int.MaxValue})"
            : type == typeof(long) ? $" (at most {long.MaxValue})"
            : type == typeof(uint) ? $" (at most {uint.MaxValue})"
            : type == typeof(ulong) ? $" (at most {ulong.MaxValue})"
            : "";
    }

    private static object ParseEnum(YamlScalar node, Type type, string name)
    {
        string[] names = [.. OptionType.EnumNames(type)];
        int index = Array.FindIndex(names, n => n.Equals(node.Value, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
            return Enum.Parse(type, names[index], ignoreCase: true);
        throw new UserError($"{node.Place}: {name} must be {OptionType.Name(type)}; got "
            + $"'{OneLine.Quote(node.Value)}'{NearestName.Suggest(node.Value, names)}");
    }
}
