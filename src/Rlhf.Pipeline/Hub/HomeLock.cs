using Rlhf.Core;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub;

/// <summary>Makes one process the hub of a home folder: it plans runs and writes rlhf.db.</summary>
public static class HomeLock
{
    /// <summary>Held until disposed, or until the process ends, however it ends; null where another process holds it.</summary>
    /// <exception cref="UserError">The home folder cannot be written.</exception>
    public static IDisposable? TryTake(Home home)
    {
        string file = Path.Combine(home.Root, "hub.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException) && IsHeld(file))
        {
            return null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new UserError(
                $"{home.Root}: cannot be written ({e.Message.TrimEnd('.')}); --home or RLHF_HOME names another home folder", e);
        }
    }

    /// <summary>
    /// Whether the file can be opened for sharing: then another process holds the lock, and nothing else is wrong.
    /// </summary>
    internal static bool IsHeld(string file)
    {
        try
        {
            // A reader that locks nothing meets the holder's lock; on a read-only file system it meets none.
            using var probe = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            return false;
        }
        catch (IOException e)
        {
            // A file that could not be made is nobody's.
            return e is not FileNotFoundException;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
