using System.Text;
using System.Text.Unicode;

namespace Rlhf.Core.Files;

/// <summary>One line of a text file.</summary>
/// <param name="Number">Line number, from 1.</param>
/// <param name="Utf8">
/// The line in UTF-8 without its line break; empty if the line has a fault. Valid until the next line is read.
/// </param>
/// <param name="Fault">What is wrong with the line; null for a valid one.</param>
public readonly record struct FileLine(int Number, ReadOnlyMemory<byte> Utf8, string? Fault)
{
    public string Text => Encoding.UTF8.GetString(Utf8.Span);

    /// <summary>A valid line that contains only white space.</summary>
    public bool IsBlank => Fault is null && Utf8.Span.IndexOfAnyExcept(" \t\r"u8) < 0;
}

/// <summary>
/// Reads the lines of a text file that a user named, optionally compressed with gzip, in UTF-8 or in the encoding of its byte order
/// mark. Reads in chunks, and only from regular files, so that neither a huge line nor a device fills the memory.
/// No line is skipped: a line that cannot be decoded has a fault, and a damaged file is an error.
/// </summary>
public static class TextLines
{
    /// <summary>The longest line, in bytes of UTF-8.</summary>
    public const int MaxBytes = 8 << 20;

    private const int Buffer = 1 << 16;

    /// <summary>The text of a file as UTF-8, unpacked, without its byte order mark: for what has no lines, such as a table.</summary>
    /// <exception cref="UserError">The file is not a regular file, or not text.</exception>
    public static Stream OpenUtf8(string path)
    {
        var format = TextFormat.Detect(path);
        return Unpack(RegularFile.OpenRead(path), format);
    }

    /// <summary>Every line, including blank ones.</summary>
    /// <exception cref="UserError">The file is not a regular file, not text, or damaged from some line on.</exception>
    public static IEnumerable<FileLine> Read(string path)
    {
        using var stream = OpenUtf8(path);
        var line = new MemoryStream();
        byte[] buffer = new byte[Buffer];
        int number = 1;
        bool any = false;
        while (ReadPiece(stream, buffer, path, number) is var read and > 0)
        {
            for (int start = 0; start < read;)
            {
                int length = buffer.AsSpan(start, read - start).IndexOf((byte)'\n') is var feed and >= 0 ? feed : read - start;
                // One byte more than the limit marks the line as too long; the rest of it is skipped.
                line.Write(buffer, start, (int)Math.Min(length, MaxBytes + 1 - line.Length));
                any |= length > 0;
                start += length;
                if (start < read)
                {
                    yield return Finish(line, number++);
                    line.SetLength(0);
                    any = false;
                    start++;
                }
            }
        }
        if (any)
            yield return Finish(line, number);
    }

    /// <summary>Every line, including blank ones, of a file in which all lines must be valid.</summary>
    /// <exception cref="UserError">As for <see cref="Read"/>, or a line has a fault; the message gives its number.</exception>
    public static IEnumerable<(int Number, string Text)> ReadValid(string path)
    {
        foreach (var line in Read(path))
            yield return line.Fault is null ? (line.Number, line.Text) : throw new UserError($"{path}:{line.Number}: {line.Fault}");
    }

    private static Stream Unpack(FileStream file, TextFormat format)
    {
        Stream stream = format.Gzip ? new GzipMembers(file) : file;
        stream.ReadExactly(new byte[format.Mark]);
        return format.Encoding is UTF8Encoding
            ? stream : Encoding.CreateTranscodingStream(stream, format.Encoding, new UTF8Encoding(false));
    }

    private static int ReadPiece(Stream stream, byte[] buffer, string path, int number)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (InvalidDataException exception)
        {
            // Truncated data is detected because Directory.Build.props enables strict validation of compressed streams.
            throw new UserError($"{path}:{number}: the gzip data is damaged or truncated from here on; get the file again", exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw new UserError($"{path}:{number}: characters that are not valid in the encoding of its byte order mark, "
                + "from here on", exception);
        }
        catch (IOException exception)
        {
            throw new UserError($"{path}:{number}: cannot be read from here on: {exception.Message}", exception);
        }
    }

    private static FileLine Finish(MemoryStream line, int number)
    {
        if (line.Length > MaxBytes)
            return new FileLine(number, default, $"longer than {MaxBytes >> 20} MB");
        var bytes = line.GetBuffer().AsMemory(0, (int)line.Length);
        if (bytes.Span is [.., (byte)'\r'])
            bytes = bytes[..^1];
        if (!Utf8.IsValid(bytes.Span))
            return new FileLine(number, default, NotUtf8(bytes.Span));
        int zero = bytes.Span.IndexOf((byte)0);
        return zero >= 0 ? new FileLine(number, default, $"a zero byte at position {zero + 1}") : new FileLine(number, bytes, null);
    }

    private static string NotUtf8(ReadOnlySpan<byte> line)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(line[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
            at += length;
        return $"not UTF-8: byte 0x{line[at]:X2} at position {at + 1}; if the file is in Windows-1252 or Latin-1, convert it: iconv -f "
            + "WINDOWS-1252 -t UTF-8";
    }
}
