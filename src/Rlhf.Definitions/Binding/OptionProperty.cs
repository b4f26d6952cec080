using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Options;

namespace Rlhf.Definitions.Binding;

/// <summary>One option of an options record: the key in YAML, the property, and the checks on it.</summary>
public sealed class OptionProperty
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<OptionProperty>> s_known = new();

    private OptionProperty(PropertyInfo property)
    {
        Property = property;
        Key = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        Checks = [.. property.GetCustomAttributes<ValidationAttribute>(inherit: true)];
        FilePath = property.GetCustomAttribute<FilePathAttribute>(inherit: true);
        Required = property.IsDefined(typeof(RequiredMemberAttribute)) || Checks.OfType<RequiredAttribute>().Any();
        var nullability = new NullabilityInfoContext().Create(property);
        Nullable = nullability.WriteState == NullabilityState.Nullable;
        ItemsNullable = nullability.ElementType?.WriteState == NullabilityState.Nullable
            || nullability.GenericTypeArguments.LastOrDefault()?.WriteState == NullabilityState.Nullable;
    }

    public PropertyInfo Property { get; }

    public string Key { get; }

    public IReadOnlyList<ValidationAttribute> Checks { get; }

    /// <summary>Where the option names a file or a folder; else null.</summary>
    public FilePathAttribute? FilePath { get; }

    public bool Required { get; }

    public bool Nullable { get; }

    public bool ItemsNullable { get; }

    /// <summary>The options of a record: its own first, then those of the records it derives from, each in the order written.</summary>
    public static IReadOnlyList<OptionProperty> PropertiesOf(Type type) => s_known.GetOrAdd(type, static t =>
        [.. t.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanRead && p.CanWrite && p.GetIndexParameters().Length == 0 && !p.IsDefined(typeof(JsonIgnoreAttribute)))
            .OrderByDescending(p => Depth(p.DeclaringType!))
            .ThenBy(p => p.MetadataToken)
            .Select(p => new OptionProperty(p))]);

    private static int Depth(Type type) => type.BaseType is { } parent ? 1 + Depth(parent) : 0;
}
