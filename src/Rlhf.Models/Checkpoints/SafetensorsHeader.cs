using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;

namespace Rlhf.Models.Checkpoints;

/// <summary>
/// Parses the JSON header of a safetensors file with the checks of the reference implementation: no gaps, overlaps or extra bytes.
/// </summary>
internal static class SafetensorsHeader
{
    private const string Metadata = "__metadata__";

    /// <summary>Bytes per number of a dtype.</summary>
    public static int BytesOf(string format) => format switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => 0,
    };

    /// <param name="header">the JSON text</param>
    /// <param name="dataBytes">number of bytes after the header</param>
    /// <param name="path">the file, for errors</param>
    public static IReadOnlyDictionary<string, SafetensorsEntry> Parse(ReadOnlySpan<byte> header, long dataBytes, string path)
    {
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        foreach (var (name, value) in JsonFile.Parse(header, $"{path}: header"))
        {
            if (name != Metadata)
                entries.Add(name, Entry(name, value, path));
        }
        long end = 0;
        foreach (var entry in entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != end)
                throw new UserError($"{path}: \"{DisplayText.Text(entry.Name)}\" begins at byte {entry.Begin} where the tensor before it "
                    + $"ends at {end}");
            end = entry.End;
        }
        if (end != dataBytes)
            throw new UserError($"{path}: the tensors end at byte {end}, but {dataBytes} bytes follow the header; the file is "
                + "truncated or damaged");
        return entries;
    }

    private static SafetensorsEntry Entry(string name, JsonNode? value, string path)
    {
        string place = $"{path}: header: \"{DisplayText.Text(name)}\"";
        var fields = new JsonFields(value as JsonObject ?? throw new UserError($"{place} must be an object"), place);
        string format = fields.Text("dtype") ?? throw new UserError($"{place}: \"dtype\" is missing");
        int width = BytesOf(format);
        if (width == 0)
            throw new UserError($"{place}: the dtype \"{DisplayText.Text(format)}\" is not known");
        long[] shape = Wholes(fields.Array("shape"), "shape", place);
        long[] offsets = Wholes(fields.Array("data_offsets"), "data_offsets", place);
        if (offsets.Length != 2 || offsets[1] < offsets[0])
            throw new UserError($"{place}: \"data_offsets\" must be [begin, end]");
        var bytes = new UInt128(0, (ulong)width);
        foreach (long size in shape)
        {
            // A product of 63 and 64 bits fits into 128: compared before it can overflow.
            bytes *= (ulong)size;
            if (bytes > long.MaxValue)
                throw new UserError($"{place}: a tensor of this shape is larger than any file");
        }
        if (bytes != (ulong)(offsets[1] - offsets[0]))
            throw new UserError($"{place}: shape and dtype need {bytes} bytes, but \"data_offsets\" gives {offsets[1] - offsets[0]}");
        return new SafetensorsEntry(name, format, shape, offsets[0], offsets[1]);
    }

    private static long[] Wholes(JsonArray? list, string name, string place)
    {
        if (list is null)
            throw new UserError($"{place}: \"{name}\" is missing");
        long[] numbers = new long[list.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (list[i] is not { } item || item.GetValueKind() != JsonValueKind.Number || !item.AsValue().TryGetValue(out long number)
                || number < 0)
                throw new UserError($"{place}: \"{name}\" must be a list of integers, "
                    + $"not {DisplayText.Text(list[i]?.ToJsonString() ?? "null")}");
            numbers[i] = number;
        }
        return numbers;
    }
}
