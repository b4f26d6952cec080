using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Rlhf.Core;
using Rlhf.Core.Files;
using static TorchSharp.torch;

namespace Rlhf.Models.Checkpoints;

/// <summary>One tensor of a file: its dtype ("F32"), shape, and byte range after the header.</summary>
public sealed record SafetensorsEntry(string Name, string Format, IReadOnlyList<long> Shape, long Begin, long End);

/// <summary>
/// A safetensors file (https://github.com/huggingface/safetensors, "Format"): 8 bytes with the length of the header, a JSON header, and
/// the bytes of the tensors. The header is checked against the size of the file before it is used.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    // The limit of the reference implementation.
    private const long MaxHeaderBytes = 100_000_000;
    private const int LengthBytes = 8;
    private const long ChunkElements = 4 << 20;

    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle handle, long dataStart, IReadOnlyDictionary<string, SafetensorsEntry> entries)
    {
        Path = path;
        _handle = handle;
        _dataStart = dataStart;
        Entries = entries;
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    /// <exception cref="UserError">The file is missing, or is not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            // Opening a named pipe would block until a writer opens it.
            RegularFile.Check(path);
            handle = File.OpenHandle(path);
            long size = RandomAccess.GetLength(handle);
            Span<byte> prefix = stackalloc byte[LengthBytes];
            if (size < LengthBytes || RandomAccess.Read(handle, prefix, 0) != LengthBytes)
                throw new UserError($"{path}: {size} bytes are too few for a safetensors file");
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length > MaxHeaderBytes || (long)length > size - LengthBytes)
                throw new UserError($"{path}: the header should have {length} bytes, but the file has {size}; it is truncated or not a "
                    + "safetensors file");
            byte[] header = new byte[(int)length];
            ReadExactly(handle, header, LengthBytes, path);
            long dataStart = LengthBytes + (long)length;
            return new SafetensorsFile(path, handle, dataStart, SafetensorsHeader.Parse(header, size - dataStart, path));
        }
        catch (Exception e)
        {
            handle?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new UserError($"{path} cannot be read: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Reads a tensor into a destination of the same shape, on any device and in any number format.</summary>
    /// <exception cref="UserError">The stored numbers are not floating-point, or the file ends early.</exception>
    public void ReadInto(SafetensorsEntry entry, Tensor destination)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var flat = destination.view(-1);
        long total = destination.numel();
        for (long done = 0; done < total; done += ChunkElements)
        {
            using var chunkScope = NewDisposeScope();
            var chunk = ReadChunk(entry, done, Math.Min(ChunkElements, total - done));
            flat.narrow(0, done, chunk.shape[0]).copy_(chunk);
        }
    }

    /// <summary>Whether two tensors have equal shapes and numbers, in any number formats. Read in chunks.</summary>
    public static bool HaveSameNumbers(
        (SafetensorsFile File, SafetensorsEntry Entry) one, (SafetensorsFile File, SafetensorsEntry Entry) other)
    {
        if (!one.Entry.Shape.SequenceEqual(other.Entry.Shape))
            return false;
        long total = one.Entry.Shape.Aggregate(1L, (product, size) => product * size);
        for (long done = 0; done < total; done += ChunkElements)
        {
            using var scope = NewDisposeScope();
            long count = Math.Min(ChunkElements, total - done);
            // fp64 represents all numbers of the other formats exactly.
            var numbers = one.File.ReadChunk(one.Entry, done, count).to(ScalarType.Float64);
            if (!numbers.eq(other.File.ReadChunk(other.Entry, done, count).to(ScalarType.Float64)).all().item<bool>())
                return false;
        }
        return true;
    }

    private Tensor ReadChunk(SafetensorsEntry entry, long start, long count)
    {
        var stored = entry.Format switch
        {
            "F32" => ScalarType.Float32,
            "F16" => ScalarType.Float16,
            "BF16" => ScalarType.BFloat16,
            "F64" => ScalarType.Float64,
            _ => throw new UserError($"{Path}: \"{DisplayText.Text(entry.Name)}\" holds {entry.Format}; weights must be F32, F16, "
                + "BF16 or F64"),
        };
        var chunk = empty([count], stored, CPU);
        ReadExactly(_handle, chunk.bytes, _dataStart + entry.Begin + start * SafetensorsHeader.BytesOf(entry.Format), Path);
        return chunk;
    }

    public void Dispose() => _handle.Dispose();

    private static void ReadExactly(SafeFileHandle handle, Span<byte> into, long offset, string path)
    {
        while (into.Length > 0)
        {
            int read = RandomAccess.Read(handle, into, offset);
            if (read == 0)
                throw new UserError($"{path} ended while it was read");
            into = into[read..];
            offset += read;
        }
    }
}
