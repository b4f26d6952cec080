using System.Diagnostics;
using Rlhf.Core;

namespace Rlhf.LabelingUi.Features.Account.Store;

/// <summary>A file that one process at a time holds open.</summary>
internal static class LockFile
{
    private const int MillisecondsBetweenTries = 20;

    /// <exception cref="UserError">Another process held it for too long.</exception>
    public static FileStream Take(string path, TimeSpan most)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (waited.Elapsed > most)
            {
                throw new UserError(
                    $"{path}: cannot be locked; is another process opening this home folder? ({exception.Message})", exception);
            }
            catch (IOException)
            {
                Thread.Sleep(MillisecondsBetweenTries);
            }
        }
    }
}
