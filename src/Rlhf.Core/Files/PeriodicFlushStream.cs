namespace Rlhf.Core.Files;

/// <summary>
/// A file that is flushed to disk every few MB while it is written. Otherwise the system may cache hundreds of MB and write them at
/// once, which blocks other users of the disk, for example commits of the database.
/// </summary>
public class PeriodicFlushStream(
    string path, FileMode mode = FileMode.CreateNew, FileAccess access = FileAccess.Write, FileOptions options = FileOptions.None)
    : FileStream(path, mode, access, FileShare.None, 1 << 16, options)
{
    /// <summary>Bytes written between two flushes.</summary>
    public const int Step = 4 << 20;

    private const int FreedTogether = 4;

    private long _onDisk;

    /// <summary>All writes end here: in a subclass, <see cref="FileStream"/> passes spans to this overload.</summary>
    public override void Write(byte[] buffer, int offset, int count)
    {
        while (count > 0)
        {
            int next = (int)Math.Min(count, Step - (Position - _onDisk));
            base.Write(buffer, offset, next);
            (offset, count) = (offset + next, count - next);
            if (Position - _onDisk >= Step)
                Flush(flushToDisk: true);
        }
    }

    /// <summary>Truncates the file to length 0 in steps, because freeing hundreds of MB at once also blocks other writers.</summary>
    public void Clear()
    {
        for (long length = Length; length > 0;)
        {
            length = Math.Max(0, length - (FreedTogether * Step));
            SetLength(length);
            Flush(flushToDisk: true);
        }
    }

    public override void Flush(bool flushToDisk)
    {
        base.Flush(flushToDisk);
        if (flushToDisk)
            _onDisk = Position;
    }
}
