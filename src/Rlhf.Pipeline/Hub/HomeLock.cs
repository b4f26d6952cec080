using Rlhf.Core;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub;

/// <summary>Makes one process the hub of a home folder: it plans runs and writes rlhf.db.</summary>
public static class HomeLock
{
    /// <summary>Held until disposed, or until the process ends, however it ends.</summary>
    /// <exception cref="UserError">Another process is the hub of this folder, or it cannot be written.</exception>
    public static IDisposable Take(Home home)
    {
        string file = Path.Combine(home.Root, "hub.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UserError($"{home.Root}: cannot be written; --home or RLHF_HOME names another home folder", e);
        }
        catch (IOException e)
        {
            throw new UserError($"{home.Root}: another rlhf is at work in this home folder; wait for it, or give another folder with --home ({e.Message})", e);
        }
    }
}
