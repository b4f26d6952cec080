using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rlhf.LabelingUi.Features.Labeling.Answering;

/// <summary>Labels: a list for the task as a whole, or an object of a list for each completion, by its name.</summary>
[JsonConverter(typeof(Converter))]
public sealed record FlagsBody
{
    public IReadOnlyList<string>? Task { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Completions { get; init; }

    private sealed class Converter : JsonConverter<FlagsBody>
    {
        public override FlagsBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                if (reader.TokenType == JsonTokenType.StartArray)
                    return new FlagsBody { Task = JsonSerializer.Deserialize<IReadOnlyList<string>>(ref reader, options) };
                if (reader.TokenType == JsonTokenType.StartObject)
                    return new FlagsBody
                    {
                        Completions = JsonSerializer.Deserialize<IReadOnlyDictionary<string, IReadOnlyList<string>>>(ref reader, options),
                    };
            }
            catch (JsonException exception) when (exception.Path is not null)
            {
                // Answered below, with the path of this value in the document.
            }
            throw new JsonException("must be a list of labels, or an object with a list for each completion");
        }

        public override void Write(Utf8JsonWriter writer, FlagsBody value, JsonSerializerOptions options)
        {
            if (value.Completions is { } each)
                JsonSerializer.Serialize(writer, each, options);
            else
                JsonSerializer.Serialize(writer, value.Task ?? [], options);
        }
    }
}
