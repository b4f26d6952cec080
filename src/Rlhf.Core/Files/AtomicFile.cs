namespace Rlhf.Core.Files;

/// <summary>Writes files atomically: to a temporary file in the same folder, which is then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file through <paramref name="write"/>. If it throws, the previous file, if any, is unchanged.</summary>
    /// <exception cref="IOException">The file cannot be written, for example because the disk is full.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string beside = full + "." + Guid.NewGuid().ToString("N")[..8] + ".tmp";
        try
        {
            using (var stream = new PeriodicFlushStream(beside))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, full, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(beside);
            // The temporary name is random. Messages name the real file, so that equal failures have equal messages.
            if (e is IOException && e.Message.Contains(beside, StringComparison.Ordinal))
                throw new IOException(e.Message.Replace(beside, full, StringComparison.Ordinal), e);
            throw;
        }
    }

    /// <summary>Writes a text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
