using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core.Text;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>A value of a stage's result in a line.</summary>
internal static class ResultText
{
    private const int MaxLength = 200;

    /// <summary>Empty for anything but a single value: lists (curves, samples) are shown in the report.</summary>
    public static string Of(JsonNode? value) => value is not JsonValue scalar ? "" : scalar.GetValueKind() switch
    {
        JsonValueKind.Number when scalar.TryGetValue(out long whole) =>
            whole.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture).Replace('-', '\u2212'),
        JsonValueKind.Number => Units.Number(scalar.GetValue<double>()),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String when scalar.GetValue<string>() is { Length: <= MaxLength } text => text,
        _ => "",
    };
}
