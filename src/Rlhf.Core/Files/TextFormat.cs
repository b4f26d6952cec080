using System.Text;

namespace Rlhf.Core.Files;

/// <summary>Compression and encoding of a text file, from its first bytes.</summary>
/// <param name="Gzip">Whether the file is compressed with gzip.</param>
/// <param name="Encoding">UTF-8 unless a byte order mark says otherwise.</param>
/// <param name="Mark">Length of the byte order mark, in bytes.</param>
internal sealed record TextFormat(bool Gzip, Encoding Encoding, int Mark)
{
    private const int Head = 4096;

    private static readonly (byte[] Magic, string Name)[] s_binaries =
    [
        ("PAR1"u8.ToArray(), "a Parquet file"),
        ("ARROW1"u8.ToArray(), "an Arrow file"),
        ("PK\x03\x04"u8.ToArray(), "a zip archive (.zip, .xlsx, .npz, .pt)"),
        ("SQLite format 3"u8.ToArray(), "a SQLite database"),
        ("%PDF"u8.ToArray(), "a PDF document"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd"),
        ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "compressed with xz"),
        ("BZh"u8.ToArray(), "compressed with bzip2"),
    ];

    /// <exception cref="UserError">The file is not text, or its encoding cannot be detected.</exception>
    public static TextFormat Detect(string path)
    {
        byte[] start = new byte[Head];
        using var file = RegularFile.OpenRead(path);
        int length = Fill(file, start);
        bool gzip = start.AsSpan(0, length).StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]);
        if (!gzip && path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            throw new UserError($"{path}: is not compressed with gzip, although its name ends in .gz");
        if (gzip)
        {
            file.Position = 0;
            using var unpacked = new GzipMembers(file);
            length = 0;
            try
            {
                while (length < start.Length && unpacked.Read(start, length, start.Length - length) is var read and > 0)
                    length += read;
            }
            catch (InvalidDataException exception) when (length == 0)
            {
                throw new UserError($"{path}: the gzip data is damaged or truncated at its start; get the file again", exception);
            }
            catch (InvalidDataException)
            {
                // The lines before the damage are read, and then it is an error with the line's number.
            }
        }
        var (encoding, mark) = FromMark(start.AsSpan(0, length));
        if (mark == 0)
            RefuseBinary(path, start.AsSpan(0, length));
        return new TextFormat(gzip, encoding, mark);
    }

    private static (Encoding Encoding, int Mark) FromMark(ReadOnlySpan<byte> start) => start switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
        [0xFF, 0xFE, 0, 0, ..] => (new UTF32Encoding(bigEndian: false, byteOrderMark: false, throwOnInvalidCharacters: true), 4),
        [0, 0, 0xFE, 0xFF, ..] => (new UTF32Encoding(bigEndian: true, byteOrderMark: false, throwOnInvalidCharacters: true), 4),
        [0xFF, 0xFE, ..] => (new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true), 2),
        [0xFE, 0xFF, ..] => (new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true), 2),
        _ => (Encoding.UTF8, 0),
    };

    private static void RefuseBinary(string path, ReadOnlySpan<byte> start)
    {
        const string Wanted = "expected lines of text (UTF-8, or UTF-16 with a byte order mark; .gz is unpacked)";
        foreach (var (magic, name) in s_binaries)
        {
            if (start.StartsWith(magic))
                throw new UserError($"{path}: is {name}; {Wanted}");
        }
        int zeros = start.Count((byte)0);
        if (zeros == 0)
            return;
        // Text of Western languages in UTF-16 has a zero in every second byte.
        int even = 0;
        for (int i = 0; i < start.Length; i += 2)
            even += start[i] == 0 ? 1 : 0;
        bool utf16 = zeros * 5 >= start.Length && (even == 0 || even == zeros);
        throw new UserError(utf16
            ? $"{path}: looks like UTF-16 without a byte order mark; save it as UTF-8"
            : $"{path}: contains zero bytes, so it is not text; {Wanted}");
    }

    private static int Fill(Stream stream, byte[] buffer) => stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
}
