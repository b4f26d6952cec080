using System.Collections;
using System.ComponentModel.DataAnnotations;
using Rlhf.Core;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Binding;

/// <summary>
/// Binds YAML nodes to option records: keys are the camelCase names of the properties, what is not given keeps its default, and
/// what does not fit is refused with its place and the nearest right name.
/// </summary>
public static class OptionBinder
{
    /// <summary>Binds a section to a record of type <paramref name="type"/>.</summary>
    /// <param name="node">The section.</param>
    /// <param name="type">A record with init properties and a constructor without parameters.</param>
    /// <param name="section">What messages call the section: "reward".</param>
    /// <param name="checkRequired">Whether [Required] options must be there; a pipeline fills some of them later.</param>
    /// <exception cref="UserError">A key or a value does not fit.</exception>
    public static object Bind(YamlMapping node, Type type, string section, bool checkRequired = true) =>
        new Binding(checkRequired).Record(node, type, section, null);

    /// <summary>Checks options that were completed after binding.</summary>
    /// <exception cref="UserError">A [Required] option is empty, or a check fails.</exception>
    public static void Validate(object options, string section)
    {
        if (FindFault(options) is { } fault)
            throw new UserError(fault.Key.Length > 0 ? $"{section}.{fault.Key} {fault.Complaint}" : $"{section}: {fault.Complaint}");
    }

    /// <summary>
    /// The first option that fails a check: its dotted key ("" where the record as a whole is at fault) and what is wrong with it
    /// ("must be between 0 and 1; got '7'"). Null where everything is right.
    /// </summary>
    public static (string Key, string Complaint)? FindFault(object options)
    {
        foreach (var option in OptionProperty.PropertiesOf(options.GetType()))
        {
            object? value = option.Property.GetValue(options);
            if (OptionChecks.Complaint(option, value) is { } complaint && (value is not null || option.Required))
                return (option.Key, complaint);
            if (value is not null && !OptionType.IsScalar(value.GetType()) && value is not IEnumerable && FindFault(value) is { } inner)
                return inner.Key.Length > 0 ? ($"{option.Key}.{inner.Key}", inner.Complaint) : (option.Key, inner.Complaint);
        }
        return options is IValidatableObject whole && whole.Validate(new ValidationContext(options)).FirstOrDefault() is { } wrong
            ? ("", wrong.ErrorMessage!) : null;
    }

    private sealed class Binding(bool checkRequired)
    {
        public object Record(YamlMapping node, Type type, string section, object? current)
        {
            object record = current is null ? Create(type) : Clone(current);
            var options = OptionProperty.PropertiesOf(type);
            foreach (var entry in node.Entries)
            {
                var option = options.FirstOrDefault(o => o.Key == entry.Key)
                    ?? throw Unknown(entry.Place, entry.Key, section, options.Select(o => o.Key));
                string name = $"{section}.{option.Key}";
                object? value = Value(entry.Value, option.Property.PropertyType, option.Nullable, option.ItemsNullable, name,
                    option.Property.GetValue(record));
                if (OptionChecks.Complaint(option, value) is { } complaint && (value is not null || option.Required))
                    throw new UserError($"{entry.Value.Place}: {name} {complaint}");
                option.Property.SetValue(record, value is string text && option.FilePath is { } path ? path.Resolve(text) : value);
            }
            foreach (var option in options.Where(o => checkRequired && o.Required && node.Find(o.Key) is null))
            {
                if (option.Property.GetValue(record) is null or "" or ICollection { Count: 0 })
                    throw new UserError($"{node.Place}: '{option.Key}' is missing in {section}; it must "
                        + $"be {OptionType.Name(option.Property.PropertyType)}");
            }
            // Checks that concern several options at once.
            if (record is IValidatableObject whole && whole.Validate(new ValidationContext(record)).FirstOrDefault() is { } wrong)
                throw new UserError($"{node.Place}: {section}: {wrong.ErrorMessage}");
            return record;
        }

        private object? Value(YamlNode node, Type type, bool nullable, bool itemsNullable, string name, object? current)
        {
            if (node is YamlScalar { IsNull: true } nothing)
            {
                if (nullable)
                    return null;
                throw new UserError($"{nothing.Place}: {name} has no value; it must be {OptionType.Name(type)}");
            }
            if (OptionType.IsScalar(type))
            {
                return node is YamlScalar scalar
                    ? ScalarValue.Parse(scalar, type, name)
                    : throw Misfit(node, type, name);
            }
            if (OptionType.ItemOfList(type) is { } item)
            {
                var sequence = node as YamlSequence ?? throw Misfit(node, type, name);
                var array = Array.CreateInstance(item, sequence.Items.Count);
                for (int i = 0; i < array.Length; i++)
                    array.SetValue(Value(sequence.Items[i], item, itemsNullable, false, $"{name}[{i}]", null), i);
                return type.IsAssignableFrom(array.GetType()) ? array : Activator.CreateInstance(type, array);
            }
            var mapping = node as YamlMapping ?? throw Misfit(node, type, name);
            if (OptionType.ValueOfDictionary(type) is { } valueType)
            {
                var dictionary = (IDictionary)Activator.CreateInstance(
                    typeof(Dictionary<,>).MakeGenericType(typeof(string), valueType), StringComparer.Ordinal)!;
                foreach (var entry in mapping.Entries)
                    dictionary.Add(entry.Key, Value(entry.Value, valueType, itemsNullable, false, $"{name}.{entry.Key}", null));
                return dictionary;
            }
            return Record(mapping, OptionType.Underlying(type), name, current);
        }

        private static UserError Misfit(YamlNode node, Type type, string name)
        {
            string written = node switch
            {
                YamlScalar scalar => $"'{OneLine.Quote(scalar.Value)}'",
                YamlSequence => "a list",
                _ => "a section"
            };
            string hint = node is YamlScalar && OptionType.ItemOfList(type) is not null ? " (a list is written [a, b])" : "";
            return new UserError($"{node.Place}: {name} must be {OptionType.Name(type)}; got {written}{hint}");
        }

        private static object Create(Type type) =>
            Activator.CreateInstance(type) ?? throw new InvalidOperationException($"{type} has no constructor without parameters");

        /// <summary>A copy of a record, so that the defaults which the outer record gives its inner one stay.</summary>
        private static object Clone(object record) =>
            record.GetType().GetMethod("<Clone>$")?.Invoke(record, null) ?? Create(record.GetType());
    }

    internal static UserError Unknown(Place place, string key, string section, IEnumerable<string> known)
    {
        string[] names = [.. known];
        return new UserError($"{place}: unknown key '{OneLine.Quote(key)}' in {section}{NearestName.Suggest(key, names)} Known "
            + $"keys: {string.Join(", ", names)}");
    }
}
