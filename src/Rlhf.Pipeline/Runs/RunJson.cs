using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// How run folders and the pipe between a run and its parent are written: camelCase, enums by name, line feeds, NaN by name.
/// </summary>
public static class RunJson
{
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    public static JsonSerializerOptions Compact { get; } = Create(indented: false);

    /// <summary>Writes records as JSON lines, whole or not at all.</summary>
    public static void WriteLines<T>(string path, IEnumerable<T> lines) => AtomicFile.Write(path, stream =>
    {
        foreach (var line in lines)
        {
            JsonSerializer.Serialize(stream, line, Compact);
            stream.WriteByte((byte)'\n');
        }
    });

    /// <summary>Reads JSON lines (<see cref="TextLines"/>); empty lines are passed over.</summary>
    /// <exception cref="UserError">No regular file, or a line that does not fit, with its number.</exception>
    public static IEnumerable<T> ReadLines<T>(string path) => ReadNumberedLines<T>(path).Select(line => line.Value);

    /// <summary>The same with the number of each line, from 1.</summary>
    /// <inheritdoc cref="ReadLines{T}(string)"/>
    public static IEnumerable<(int Number, T Value)> ReadNumberedLines<T>(string path)
    {
        foreach (var (number, line) in TextLines.ReadValid(path))
        {
            if (!string.IsNullOrWhiteSpace(line))
                yield return (number, Parse<T>(line, path, number));
        }
    }

    private static T Parse<T>(string line, string path, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, Compact) ?? throw new UserError($"{path}:{number}: null instead of an object");
        }
        catch (JsonException e)
        {
            throw new UserError($"{path}:{number}: {JsonFault.Describe(e, line, Compact.GetTypeInfo(typeof(T)))}", e);
        }
    }

    private static JsonSerializerOptions Create(bool indented)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            WriteIndented = indented,
            NewLine = "\n",
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
