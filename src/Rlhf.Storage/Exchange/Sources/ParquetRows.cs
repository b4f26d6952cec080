using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Serialization;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Storage.Exchange.Sources;

/// <summary>The rows of a Parquet file as objects; one group of rows is in memory at a time.</summary>
internal static class ParquetRows
{
    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    public static bool IsParquet(string path)
    {
        using var file = RegularFile.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual(Magic);
    }

    public static IEnumerable<SourceRow> Read(string path)
    {
        using var file = RegularFile.OpenRead(path);
        int groups = Guarded(path, () => CountGroups(file));
        int number = 0;
        var json = new ArrayBufferWriter<byte>();
        for (int group = 0; group < groups; group++)
        {
            int at = group;
            foreach (var row in Guarded(
                path, () => ParquetSerializer.DeserializeUntypedAsync(file, null, at).GetAwaiter().GetResult().Data))
            {
                json.ResetWrittenCount();
                using (var writer = new Utf8JsonWriter(json))
                    Write(writer, row);
                yield return new SourceRow(++number, json.WrittenMemory);
            }
        }
    }

    private static int CountGroups(Stream file)
    {
        var reader = ParquetReader.CreateAsync(file, leaveStreamOpen: true).GetAwaiter().GetResult();
        int groups = reader.RowGroupCount;
        reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return groups;
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case byte[] bytes:
                json.WriteStringValue(Encoding.UTF8.GetString(bytes));
                break;
            case double number:
                WriteNumber(json, number);
                break;
            case float number:
                WriteNumber(json, number);
                break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or decimal:
                json.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case DateTime time:
                json.WriteStringValue(time);
                break;
            case IDictionary<string, object> fields:
                json.WriteStartObject();
                foreach (var (name, field) in fields)
                {
                    json.WritePropertyName(name);
                    Write(json, field);
                }
                json.WriteEndObject();
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (object? item in list)
                    Write(json, item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, double number)
    {
        if (double.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteNullValue();
    }

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
#pragma warning disable CA1031 // The library throws whatever its decoders meet in a damaged file.
        catch (Exception exception) when (exception is not UserError and not OutOfMemoryException)
#pragma warning restore CA1031
        {
            throw new UserError($"{path}: cannot be read as a Parquet file: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
