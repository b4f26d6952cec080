using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Localization;
using Rlhf.LabelingUi.Shell.Texts;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>A value of a stage's result in a line.</summary>
internal static class ResultText
{
    private const int MaxLength = 200;

    /// <summary>Empty for anything but a single value: lists (curves, samples) are shown in the report.</summary>
    public static string Of(JsonNode? value, IStringLocalizer<RunTexts> texts) =>
        value is not JsonValue scalar ? "" : scalar.GetValueKind() switch
        {
            JsonValueKind.Number when scalar.TryGetValue(out long whole) => Localized.Count(whole),
            JsonValueKind.Number => Localized.Number(scalar.GetValue<double>()),
            JsonValueKind.True => texts["Yes"],
            JsonValueKind.False => texts["No"],
            JsonValueKind.String when scalar.GetValue<string>() is { Length: <= MaxLength } text => text,
            _ => "",
        };
}
