namespace Rlhf.Core.Files;

/// <summary>
/// A new file whose content goes to the disk a few MB at a time while it is written. Hundreds of MB that the system keeps and then
/// writes at once hold up everybody who needs the disk meanwhile, such as a database that commits.
/// </summary>
public class SteadyFile(
    string path, FileMode mode = FileMode.CreateNew, FileAccess access = FileAccess.Write, FileOptions options = FileOptions.None)
    : FileStream(path, mode, access, FileShare.None, 1 << 16, options)
{
    /// <summary>The most that is not on the disk yet; bytes.</summary>
    public const int Step = 4 << 20;

    private const int FreedTogether = 4;

    private long _onDisk;

    /// <summary>All writing comes here: what <see cref="FileStream"/> does with a span in a class of its own.</summary>
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

    /// <summary>
    /// Frees its space on the disk a few MB at a time: freeing hundreds of MB at once delays other writers too.
    /// </summary>
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
