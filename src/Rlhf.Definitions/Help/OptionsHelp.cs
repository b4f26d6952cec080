using System.Collections;
using System.Text;
using System.Text.Json;
using Rlhf.Definitions.Binding;

namespace Rlhf.Definitions.Help;

/// <summary>One option as help shows it.</summary>
/// <param name="Key">The dotted key: "sampling.temperature"; "annotators[].errorRate" for the items of a list.</param>
/// <param name="Type">What its value is: "a number", "one of auto, fp32".</param>
/// <param name="Default">The default as YAML; null without one.</param>
/// <param name="Limits">"between 0 and 1", or null.</param>
/// <param name="Required">Whether it must be given.</param>
/// <param name="Text">What it means: the summary of the property.</param>
/// <param name="Section">Whether the option is a section of further options, which follow it.</param>
public sealed record OptionDescription(string Key, string Type, string? Default, string? Limits, bool Required, string Text, bool Section);

/// <summary>What options a record has: for <c>--help</c>, tooltips and forms.</summary>
public static class OptionsHelp
{
    /// <summary>The options of a record in the order written, sections before what is in them.</summary>
    public static IReadOnlyList<OptionDescription> Describe(Type type) => [.. Describe(type, "", Activator.CreateInstance(type))];

    /// <summary>The same as text: key, type, limits and default of each option, with the explanation below it.</summary>
    /// <param name="type">The options record.</param>
    /// <param name="width">The longest line, in characters.</param>
    public static string Text(Type type, int width = 100)
    {
        var text = new StringBuilder();
        foreach (var option in Describe(type))
        {
            string kind = option.Section ? "section" : option.Type;
            string limits = option.Limits is null ? "" : ", " + option.Limits;
            string fallback = option is { Default: { } known, Section: false } ? $" [{known}]" : option.Required ? " (required)" : "";
            Append(text, $"{option.Key}: {kind}{limits}{fallback}", width, indent: 2, hanging: 4);
            Append(text, option.Text, width, indent: 6, hanging: 6);
        }
        return text.ToString();
    }

    private static IEnumerable<OptionDescription> Describe(Type type, string prefix, object? defaults)
    {
        foreach (var option in OptionProperty.PropertiesOf(type))
        {
            var optionType = OptionType.Underlying(option.Property.PropertyType);
            object? value = defaults is null ? null : option.Property.GetValue(defaults);
            string key = prefix + option.Key;
            var inner = IsSection(optionType) ? optionType : OptionType.ItemOfList(optionType) is { } item && IsSection(item) ? item : null;
            bool list = inner is not null && inner != optionType;
            yield return new OptionDescription(
                key, OptionType.Name(optionType), inner is null ? DisplayText(value) : null, OptionChecks.Limits(option),
                option.Required, XmlDocumentation.Summary(option.Property), inner is not null);
            if (inner is null)
                continue;
            foreach (var nested in Describe(
                inner, list ? key + "[]." : key + ".", list ? Activator.CreateInstance(inner) : value ?? Activator.CreateInstance(inner)))
                yield return nested;
        }
    }

    private static bool IsSection(Type type) =>
        !OptionType.IsScalar(type) && OptionType.ItemOfList(type) is null && OptionType.ValueOfDictionary(type) is null;

    private static string? DisplayText(object? value) => value switch
    {
        null or "" => null,
        bool truth => truth ? "true" : "false",
        Enum name => JsonNamingPolicy.CamelCase.ConvertName(name.ToString()),
        string text => text,
        IDictionary { Count: 0 } => null,
        IDictionary entries => "{" + string.Join(", ", entries.Keys.Cast<object>().Select(k => $"{k}: {DisplayText(entries[k])}")) + "}",
        IEnumerable items => "[" + string.Join(", ", items.Cast<object?>().Select(DisplayText)) + "]",
        _ => OptionChecks.DisplayText(value),
    };

    /// <summary>Appends a paragraph; only a word that is longer than a line goes beyond the width.</summary>
    private static void Append(StringBuilder text, string paragraph, int width, int indent, int hanging)
    {
        int column = 0;
        foreach (string word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            bool first = column == 0;
            if (!first && column + 1 + word.Length > width)
            {
                text.Append('\n').Append(' ', hanging);
                column = hanging;
            }
            else
            {
                text.Append(' ', first ? indent : 1);
                column += first ? indent : 1;
            }
            text.Append(word);
            column += word.Length;
        }
        if (column > 0)
            text.Append('\n');
    }
}
