using System.IO.Compression;
using Rlhf.Core;

namespace Rlhf.Storage.Import;

/// <summary>The lines of a .jsonl or .jsonl.gz file as bytes, read a piece at a time: neither a huge line nor a gzip bomb fills the memory.</summary>
internal static class JsonLines
{
    private const int MaxLine = 8 << 20;

    /// <summary>Each line that is not blank with its number; or, instead of its bytes, what is wrong with it.</summary>
    public static IEnumerable<(int Number, ReadOnlyMemory<byte> Line, string? Complaint)> Read(string path)
    {
        using var file = Open(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        var line = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        int number = 1;
        bool tooLong = false;
        while (true)
        {
            int read = TryRead(stream, buffer, out string? damage);
            if (damage is not null)
            {
                yield return (number, default, damage);
                yield break;
            }
            for (int start = 0; start < read;)
            {
                int length = Array.IndexOf(buffer, (byte)'\n', start, read - start) is var feed and >= 0 ? feed - start : read - start;
                if (line.Length + length > MaxLine)
                    tooLong = true;
                else
                    line.Write(buffer, start, length);
                start += length;
                if (start < read)
                {
                    if (tooLong || !IsBlank(line))
                        yield return Take(line, number, tooLong);
                    line.SetLength(0);
                    tooLong = false;
                    number++;
                    start++;
                }
            }
            if (read == 0)
                break;
        }
        if (tooLong || !IsBlank(line))
            yield return Take(line, number, tooLong);
    }

    private static (int, ReadOnlyMemory<byte>, string?) Take(MemoryStream line, int number, bool tooLong) =>
        tooLong ? (number, default, $"longer than {MaxLine >> 20} MB") : (number, line.ToArray(), null);

    private static bool IsBlank(MemoryStream line) => line.GetBuffer().AsSpan(0, (int)line.Length).IndexOfAnyExcept(" \t\r"u8) < 0;

    private static int TryRead(Stream stream, byte[] buffer, out string? damage)
    {
        try
        {
            damage = null;
            return stream.Read(buffer);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            damage = $"the file is damaged from here on: {exception.Message.TrimEnd('.')}";
            return 0;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path}: cannot be read: {exception.Message}", exception);
        }
    }
}
