using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Definitions;
using Rlhf.Definitions.Help;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>An option of a run.</summary>
/// <param name="Default">What it would have been; null where that is not known.</param>
/// <param name="Meaning">Its explanation, as --help gives it.</param>
public sealed record OptionRow(string Key, string Value, string? Default, string Meaning)
{
    public bool IsChanged => Default is not null && Default != Value;

    /// <summary>The options of a run beside their defaults.</summary>
    /// <param name="json">The resolved options.</param>
    /// <param name="type">Their record; null where this program does not know the stage.</param>
    public static IReadOnlyList<OptionRow> Create(string json, Type? type)
    {
        var defaults = type is null
            ? null
            : JsonValues.Flatten(OptionsJson.Write(Activator.CreateInstance(type)!)).ToDictionary(v => v.Key, v => Text(v.Value));
        var meanings = type is null ? [] : OptionsHelp.Describe(type).ToDictionary(option => option.Key, option => option.Text);
        return
        [
            .. JsonValues.Flatten(json).Select(value => new OptionRow(
                value.Key, Text(value.Value),
                // An option that the stage no longer has does not differ from anything.
                meanings.ContainsKey(value.Key) ? defaults?.GetValueOrDefault(value.Key, "") : null,
                meanings.GetValueOrDefault(value.Key, ""))),
        ];
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String => scalar.GetValue<string>(),
        _ => value.ToJsonString(),
    };
}
