using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>How the API reads and writes JSON: camelCase, enums by name, what is null left out, unknown fields refused.</summary>
internal static class ApiJson
{
    public static JsonSerializerOptions Settings { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var settings = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            NumberHandling = JsonNumberHandling.Strict,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            // Answers have their own content type and "nosniff": text in other scripts stays short and readable.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters =
            {
                new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
                new MessageConverter(),
            },
        };
        settings.MakeReadOnly(populateMissingResolver: true);
        return settings;
    }
}
