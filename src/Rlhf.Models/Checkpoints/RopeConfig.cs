using Rlhf.Core;
using Rlhf.Models.Layers;

namespace Rlhf.Models.Checkpoints;

/// <summary>
/// The rotary embedding options of config.json: rope_parameters {rope_type, rope_theta …} of transformers 5, or rope_theta and
/// rope_scaling {rope_type or type, factor …} of older versions. A scaling with a missing number is refused; there are no defaults.
/// </summary>
internal static class RopeConfig
{
    private const string Parameters = "rope_parameters";
    private const string Scaling = "rope_scaling";
    private const string Theta = "rope_theta";
    private const double DefaultTheta = 10000;

    public static (double Theta, RopeScaling? Scaling) Read(JsonFields fields, string place)
    {
        double theta = fields.Number(Theta, DefaultTheta);
        var older = Inside(fields, Scaling, place);
        if (Inside(fields, Parameters, place) is not { } parameters)
            return older is null ? (theta, null) : (older.Value.Number(Theta, theta), ReadScaling(older.Value, $"{place}: {Scaling}"));
        var scaling = ReadScaling(parameters, $"{place}: {Parameters}");
        if (older is { } both && ReadScaling(both, $"{place}: {Scaling}") != scaling)
            throw new UserError($"{place}: \"{Parameters}\" and \"{Scaling}\" contain different scalings; keep the one that the model was "
                + "trained with");
        return (parameters.Number(Theta, theta), scaling);
    }

    private static JsonFields? Inside(JsonFields fields, string name, string place) =>
        fields.Object(name) is { } rope ? new JsonFields(rope, $"{place}: {name}") : null;

    private static RopeScaling? ReadScaling(JsonFields rope, string place)
    {
        if (rope.Number("partial_rotary_factor", 1) != 1)
            throw new UserError($"{place}: partial_rotary_factor is not known for this family");
        string? type = rope.Text("rope_type", alias: "type");
        if (type is null && rope.Has("factor"))
            throw new UserError($"{place}: \"rope_type\" is missing, but there is a \"factor\"; set it to linear or llama3");
        switch (type ?? "default")
        {
            case "default":
                return null;
            case "linear":
                // All frequencies are divided by the factor: the llama3 rule with every wavelength beyond the limit.
                return new RopeScaling(rope.Number("factor"), double.PositiveInfinity, double.PositiveInfinity, 1);
            case "llama3":
                var scaling = new RopeScaling(
                    rope.Number("factor"), rope.Number("low_freq_factor"), rope.Number("high_freq_factor"),
                    rope.Number("original_max_position_embeddings"));
                return scaling.HighFrequencyFactor > scaling.LowFrequencyFactor ? scaling : throw new UserError(
                    $"{place}: \"high_freq_factor\" ({scaling.HighFrequencyFactor}) must be larger than \"low_freq_factor\" "
                    + $"({scaling.LowFrequencyFactor})");
            default:
                throw new UserError($"{place}: rope_type \"{DisplayText.Text(type!)}\" is not known; known are default, linear and llama3");
        }
    }
}
