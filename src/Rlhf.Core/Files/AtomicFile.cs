namespace Rlhf.Core.Files;

/// <summary>Files that are there whole or not at all: written beside and renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file through <paramref name="write"/>; when that throws, nothing of it stays.</summary>
    /// <exception cref="IOException">It cannot be written: the disk is full, for example.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string beside = full + "." + Guid.NewGuid().ToString("N")[..8] + ".tmp";
        try
        {
            using (var stream = new SteadyFile(beside))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, full, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(beside);
            // The name beside is nobody's business, and another one each time: the same failure has the same words.
            if (e is IOException && e.Message.Contains(beside, StringComparison.Ordinal))
                throw new IOException(e.Message.Replace(beside, full, StringComparison.Ordinal), e);
            throw;
        }
    }

    /// <summary>Writes a text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
