using System.Text.Json;

namespace Rlhf.Definitions.Binding;

/// <summary>What kinds of types options have, and what people call them.</summary>
internal static class OptionType
{
    public static Type Underlying(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    public static bool IsScalar(Type type) => Underlying(type) is var t
        && (t.IsEnum || t == typeof(string) || t == typeof(bool) || t == typeof(int) || t == typeof(long)
            || t == typeof(uint) || t == typeof(ulong) || t == typeof(double) || t == typeof(float));

    /// <summary>The type of the items where <paramref name="type"/> is a list or array, else null.</summary>
    public static Type? ItemOfList(Type type)
    {
        if (type.IsArray)
            return type.GetElementType();
        return type.IsGenericType && type.GetGenericTypeDefinition() is var g
            && (g == typeof(IReadOnlyList<>) || g == typeof(IList<>) || g == typeof(List<>) || g == typeof(IReadOnlyCollection<>)
                || g == typeof(IEnumerable<>))
            ? type.GetGenericArguments()[0]
            : null;
    }

    /// <summary>The type of the values where <paramref name="type"/> is a dictionary with text keys, else null.</summary>
    public static Type? ValueOfDictionary(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var g
        && (g == typeof(IReadOnlyDictionary<,>) || g == typeof(IDictionary<,>) || g == typeof(Dictionary<,>))
        && type.GetGenericArguments()[0] == typeof(string)
            ? type.GetGenericArguments()[1]
            : null;

    public static IEnumerable<string> EnumNames(Type type) =>
        Enum.GetNames(Underlying(type)).Select(JsonNamingPolicy.CamelCase.ConvertName);

    /// <summary>"an integer", "a number": what messages and help call a value of this type.</summary>
    public static string Name(Type type)
    {
        var t = Underlying(type);
        if (t.IsEnum)
            return "one of " + string.Join(", ", EnumNames(t));
        if (t == typeof(string))
            return "text";
        if (t == typeof(bool))
            return "true or false";
        if (t == typeof(int) || t == typeof(long))
            return "an integer";
        if (t == typeof(uint) || t == typeof(ulong))
            return "0 or a positive integer";
        if (t == typeof(double) || t == typeof(float))
            return "a number";
        if (ItemOfList(t) is { } item)
            return "a list, each item " + Name(item);
        if (ValueOfDictionary(t) is { } value)
            return "names with values, each " + Name(value);
        return "a section with keys";
    }
}
