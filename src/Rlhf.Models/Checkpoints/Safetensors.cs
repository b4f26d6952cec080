using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Files;
using static TorchSharp.torch;

namespace Rlhf.Models.Checkpoints;

/// <summary>Writes named tensors to a safetensors file, and reads them.</summary>
public static class Safetensors
{
    private const int ChunkElements = 4 << 20;

    /// <summary>Writes tensors from any device, in the order of their names. Equal tensors give equal bytes.</summary>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        var ordered = tensors.OrderBy(t => t.Key, StringComparer.Ordinal).ToList();
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        long offset = 0;
        foreach (var (name, tensor) in ordered)
        {
            string format = Format(tensor.dtype);
            long end = offset + tensor.numel() * SafetensorsHeader.BytesOf(format);
            header[name] = new JsonObject
            {
                ["dtype"] = format,
                ["shape"] = new JsonArray([.. tensor.shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        // Padded with spaces to a multiple of eight bytes, so that the tensor data is aligned.
        int padding = (8 - json.Length % 8) % 8;
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)(json.Length + padding));
            stream.Write(length);
            stream.Write(json);
            stream.Write("        "u8[..padding]);
            foreach (var (_, tensor) in ordered)
                WriteNumbers(stream, tensor);
        });
    }

    /// <summary>Reads all tensors of a file to the CPU, in the stored number format. The caller disposes them.</summary>
    /// <exception cref="UserError">The file is not a valid safetensors file, or contains other than floating-point numbers.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var entry in file.Entries.Values)
        {
            var tensor = empty([.. entry.Shape], TypeOf(entry.Format, path), CPU);
            file.ReadInto(entry, tensor);
            tensors.Add(entry.Name, tensor);
        }
        return tensors;
    }

    private static void WriteNumbers(Stream stream, Tensor tensor)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var flat = tensor.detach().reshape(-1);
        for (long done = 0; done < flat.shape[0]; done += ChunkElements)
        {
            using var chunkScope = NewDisposeScope();
            stream.Write(flat.narrow(0, done, Math.Min(ChunkElements, flat.shape[0] - done)).cpu().contiguous().bytes);
        }
    }

    private static string Format(ScalarType type) => type switch
    {
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Float64 => "F64",
        _ => throw new ArgumentException($"tensors of type {type} cannot be saved"),
    };

    private static ScalarType TypeOf(string format, string path) => format switch
    {
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "F64" => ScalarType.Float64,
        _ => throw new UserError($"{path}: tensors of type {format} are not supported"),
    };
}
